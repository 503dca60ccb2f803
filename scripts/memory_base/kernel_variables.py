"""Which C type the global variables of the kernel have.

BTF names the types of per-CPU variables only. What stands here is declared in the kernel's sources, version 6.1, in the
files named beside; a variable that is not listed gets the type void.
"""

from collections.abc import Mapping
from typing import Any

IsfType = Mapping[str, Any]


def base(name: str) -> IsfType:
    """Return the description of a basic type."""
    return {"kind": "base", "name": name}


def struct_of(name: str) -> IsfType:
    """Return the description of a structure."""
    return {"kind": "struct", "name": name}


def pointer_to(subtype: IsfType) -> IsfType:
    """Return the description of a pointer."""
    return {"kind": "pointer", "subtype": subtype}


def array_of(subtype: IsfType, count: int) -> IsfType:
    """Return the description of an array; ``count`` is 0 where the length is not declared."""
    return {"kind": "array", "count": count, "subtype": subtype}


_ULONG = base("long unsigned int")
_UINT = base("unsigned int")
_INT = base("int")
_CHAR = base("char")
_LIST = struct_of("list_head")

KERNEL_VARIABLES: Mapping[str, IsfType] = {
    # processes: init/init_task.c, kernel/pid.c, mm/init-mm.c, fs/file.c, fs/fs_struct.c, kernel/cred.c, kernel/user.c
    "init_task": struct_of("task_struct"),
    "init_mm": struct_of("mm_struct"),
    "init_files": struct_of("files_struct"),
    "init_fs": struct_of("fs_struct"),
    "init_cred": struct_of("cred"),
    "init_nsproxy": struct_of("nsproxy"),
    "init_pid_ns": struct_of("pid_namespace"),
    "init_user_ns": struct_of("user_namespace"),
    "init_uts_ns": struct_of("uts_namespace"),
    "init_struct_pid": struct_of("pid"),
    # the machine: arch/x86/kernel/head64.c, head_64.S, setup.c, idt.c; kernel/resource.c; mm/mmzone.c, sparse.c
    "init_top_pgt": array_of(struct_of("pgd_t"), 1024),
    "phys_base": _ULONG,
    "page_offset_base": _ULONG,
    "vmalloc_base": _ULONG,
    "vmemmap_base": _ULONG,
    "pgdir_shift": _UINT,
    "ptrs_per_p4d": _UINT,
    "__pgtable_l5_enabled": _UINT,
    "idt_table": array_of(struct_of("gate_struct"), 256),
    "iomem_resource": struct_of("resource"),
    "node_data": array_of(pointer_to(struct_of("pglist_data")), 64),
    "mem_section": pointer_to(pointer_to(struct_of("mem_section"))),
    "saved_command_line": pointer_to(_CHAR),
    # messages: kernel/printk/printk.c
    "prb": pointer_to(struct_of("printk_ringbuffer")),
    "log_buf": pointer_to(_CHAR),
    "log_buf_len": _UINT,
    # files: fs/super.c, fs/filesystems.c, net/socket.c
    "super_blocks": _LIST,
    "file_systems": pointer_to(struct_of("file_system_type")),
    "socket_file_ops": struct_of("file_operations"),
    "sockfs_dentry_operations": struct_of("dentry_operations"),
    "inode_hashtable": pointer_to(struct_of("hlist_head")),
    "dentry_hashtable": pointer_to(struct_of("hlist_bl_head")),
    "d_hash_shift": _UINT,
    # network: net/core/net_namespace.c, net/ipv4/tcp_ipv4.c, net/ipv4/udp.c, net/ipv4/raw.c
    "init_net": struct_of("net"),
    "net_namespace_list": _LIST,
    "tcp_hashinfo": struct_of("inet_hashinfo"),
    "udp_table": struct_of("udp_table"),
    # modules and tracing: kernel/module/main.c, kernel/bpf/core.c, kernel/trace/ftrace.c
    "modules": _LIST,
    "mod_tree": struct_of("mod_tree_root"),
    "module_kset": pointer_to(struct_of("kset")),
    "bpf_kallsyms": _LIST,
    "prog_idr": struct_of("idr"),
    "map_idr": struct_of("idr"),
    "ftrace_ops_list": pointer_to(struct_of("ftrace_ops")),
    "ftrace_list_end": struct_of("ftrace_ops"),
    # terminals and keys: drivers/tty/tty_io.c, drivers/tty/vt/keyboard.c, drivers/video/fbdev/core/fbmem.c
    "tty_drivers": _LIST,
    "vc_cons": array_of(struct_of("vc"), 63),
    "keyboard_notifier_list": struct_of("atomic_notifier_head"),
    "num_registered_fb": _INT,
    "registered_fb": array_of(pointer_to(struct_of("fb_info")), 32),
    # rights and calls: security/commoncap.c, arch/x86/entry/syscall_64.c, syscall_32.c
    "cap_last_cap": _INT,
    "sys_call_table": array_of(pointer_to({"kind": "function"}), 0),
    "ia32_sys_call_table": array_of(pointer_to({"kind": "function"}), 0),
    # names of functions: kernel/kallsyms_internal.h
    "kallsyms_num_syms": _UINT,
    "kallsyms_relative_base": _ULONG,
    "kallsyms_offsets": array_of(_INT, 0),
    "kallsyms_names": array_of(base("unsigned char"), 0),
    "kallsyms_markers": array_of(_UINT, 0),
    "kallsyms_token_table": array_of(_CHAR, 0),
    "kallsyms_token_index": array_of(base("short unsigned int"), 256),
}

# A variable of a structure without a name is found by members that only this structure has.
# kernel/time/timekeeping.c: static struct { seqcount_raw_spinlock_t seq; struct timekeeper timekeeper; } tk_core
UNNAMED_STRUCTURES: Mapping[str, frozenset[str]] = {"tk_core": frozenset({"seq", "timekeeper"})}
