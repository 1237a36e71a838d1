// SPDX-License-Identifier: GPL-2.0
/* Meets a USDT point once, with 42: what <sys/sdt.h> would make of DTRACE_PROBE1(). */
int main(void)
{
	asm volatile("1: nop\n"
		     ".pushsection .note.stapsdt, \"?\", \"note\"\n"
		     ".balign 4\n"
		     ".4byte 3f - 2f, 5f - 4f, 3\n"
		     "2: .asciz \"stapsdt\"\n"
		     "3: .balign 4\n"
		     "4: .8byte 1b, 0, 0\n"
		     ".asciz \"pyicmp\"\n"
		     ".asciz \"point\"\n"
		     ".asciz \"-4@%%eax\"\n"
		     "5: .balign 4\n"
		     ".popsection\n"
		     :
		     : "a"(42));
	return 0;
}
