"""What an object's bytes hold, without root, libbpf or Linux; pyelftools reads the ELF."""
