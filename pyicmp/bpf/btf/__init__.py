"""BTF in pure Python: find a type (reader), know its layout, decode and encode by it."""
