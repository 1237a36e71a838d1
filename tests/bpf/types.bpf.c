// SPDX-License-Identifier: GPL-2.0
/* Every kind of type that a layout has to get right, each reaching BTF through a global. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

enum verdict {
	VERDICT_NONE,
	VERDICT_DROP = 7,
	VERDICT_PASS,
};

enum signed_enum {
	MINUS_ONE = -1,
	PLUS_ONE = 1,
};

enum big_enum {
	BIG_ZERO = 0,
	BIG_TOP = 0xffffffff00000001ULL,
};

enum tiny_enum {
	TINY_A = 1,
	TINY_B = 200,
} __attribute__((packed));

enum awkward_enum {
	mro = 1,
	_sunder_ = 2,
	__dunder__ = 3,
	name = 4,
	__private = 5,
	same = 5,
};

struct plain {
	__u64 time_ns;
	__u32 pid;
	__s32 delta;
	__u16 len;
	__u8 type;
	__s8 level;
	_Bool seen;
	char comm[16];
};

struct bits {
	__u32 a : 3;
	__u32 b : 5;
	__u32 c : 17;
	__s32 d : 7;
	__u64 e : 40;
	__u8 : 0;
	__u8 f : 1;
	__u8 g : 7;
	_Bool h : 1;
	enum verdict v : 4;
};

struct packed_bits {
	__u8 lead;
	__u32 x : 11;
	__u32 y : 13;
	__s16 z : 9;
	__u16 tail;
} __attribute__((packed));

struct packed {
	__u8 a;
	__u32 b;
	__u16 c;
	__u64 d;
} __attribute__((packed));

struct holed {
	__u8 a;
	__u64 b;
	__u8 c;
	struct {
		__u16 x;
		__u32 y;
	} inner;
};

struct anonymous {
	__u8 family;
	union {
		__be32 v4;
		struct in6_addr v6;
		struct {
			__u16 low;
			__u16 high;
		};
	};
	struct {
		__u8 deep;
		union {
			__u32 one;
			__u64 two;
		};
	};
};

struct wire {
	__be16 sport;
	__be16 dport;
	__be32 addr;
	__be64 cookie;
	__u16 host16;
	const volatile __be16 qualified;
	struct in6_addr v6;
	__be16 ports[3];
};

struct enums {
	enum verdict verdict;
	enum signed_enum sign;
	enum big_enum big;
	enum tiny_enum tiny;
	enum awkward_enum awkward;
	enum verdict list[2];
};

struct pair {
	__u16 x;
	__u8 y;
};

struct arrays {
	__u32 numbers[4];
	__u16 grid[2][3];
	__u8 mac[6];
	__u8 macs[2][6];
	char names[2][8];
	struct pair pairs[3];
	_Bool flags[2];
	__s8 small[3];
	void *pointers[2];
	__u64 flexible[];
};

struct others {
	float single;
	double both;
	void *pointer;
	int (*function)(int, char);
	__int128 huge;
	unsigned __int128 uhuge;
	union {
		__u64 whole;
		struct pair pair;
		__u8 raw[8];
	} either;
	struct undefined *forward;
};

union top {
	__u32 number;
	struct pair pair;
	char text[12];
};

struct empty {
};

struct plain plain;
struct bits bits;
struct packed_bits packed_bits;
struct packed packed;
struct holed holed;
struct anonymous anonymous;
struct wire wire;
struct enums enums;
struct arrays arrays;
struct others others;
union top top;
struct empty empty;
typedef const struct plain plain_t;
plain_t *plain_pointer;
