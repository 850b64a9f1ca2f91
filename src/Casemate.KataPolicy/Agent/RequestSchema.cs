using System.Collections.Frozen;

namespace Casemate.KataPolicy;

/// <summary>
/// Messages of the agent's protocol as policies see them. A field is <c>name:type</c>; a type is <c>string</c>, <c>number</c>, <c>bool</c>,
/// <c>map</c> (string to string), <c>any</c>, the name of a message, or one of these after <c>[]</c>.
/// Source: kata-containers, protos/agent.proto and protos/oci.proto; serde names of the generated code.
/// </summary>
internal static class RequestSchema
{
    private static readonly FrozenDictionary<string, string> s_texts = new Dictionary<string, string>
    {
        ["CreateContainerRequest"] = "container_id:string exec_id:string string_user:StringUser devices:[]Device storages:[]Storage "
            + "OCI:Spec "
            + "sandbox_pidns:bool shared_mounts:[]SharedMount stdin_port:number stdout_port:number stderr_port:number",
        ["ExecProcessRequest"] = "container_id:string exec_id:string string_user:StringUser process:Process stdin_port:number "
            + "stdout_port:number stderr_port:number",
        ["CreateSandboxRequest"] = "hostname:string dns:[]string storages:[]Storage sandbox_pidns:bool sandbox_id:string "
            + "guest_hook_path:string kernel_modules:[]KernelModule",
        ["UpdateInterfaceRequest"] = "interface:Interface",
        ["UpdateRoutesRequest"] = "routes:Routes",
        ["AddARPNeighborsRequest"] = "neighbors:ARPNeighbors",
        ["CopyFileRequest"] = "path:string file_type:string symlink_target:any file_size:number file_mode:number dir_mode:number "
            + "uid:number "
            + "gid:number offset:number",
        ["RemoveContainerRequest"] = "container_id:string timeout:number",
        ["StartContainerRequest"] = "container_id:string",
        ["StatsContainerRequest"] = "container_id:string",
        ["PauseContainerRequest"] = "container_id:string",
        ["ResumeContainerRequest"] = "container_id:string",
        ["SignalProcessRequest"] = "container_id:string exec_id:string signal:number",
        ["WaitProcessRequest"] = "container_id:string exec_id:string",
        ["TtyWinResizeRequest"] = "container_id:string exec_id:string row:number column:number",
        ["CloseStdinRequest"] = "container_id:string exec_id:string",
        ["ReadStreamRequest"] = "container_id:string exec_id:string len:number",
        ["WriteStreamRequest"] = "container_id:string exec_id:string data:any",
        ["UpdateContainerRequest"] = "container_id:string resources:Resources",
        ["SetPolicyRequest"] = "policy:string",
        ["StringUser"] = "uid:string gid:string additionalGids:[]string",
        ["Device"] = "id:string type_:string vm_path:string container_path:string options:[]string",
        ["Storage"] = "driver:string driver_options:[]string source:string fstype:string options:[]string mount_point:string "
            + "fs_group:FSGroup shared:bool",
        ["FSGroup"] = "group_id:number group_change_policy:number",
        ["SharedMount"] = "name:string src_ctr:string src_path:string dst_ctr:string dst_path:string",
        ["KernelModule"] = "name:string parameters:[]string",
        ["Spec"] = "Version:string Process:Process Root:Root Hostname:string Mounts:[]Mount Hooks:Hooks Annotations:map Linux:Linux "
            + "Solaris:any Windows:any",
        ["Root"] = "Path:string Readonly:bool",
        ["Mount"] = "destination:string source:string type_:string options:[]string",
        ["Hooks"] = "Prestart:[]Hook Poststart:[]Hook Poststop:[]Hook CreateRuntime:[]Hook CreateContainer:[]Hook StartContainer:[]Hook",
        ["Hook"] = "Path:string Args:[]string Env:[]string Timeout:number",
        ["Process"] = "Terminal:bool ConsoleSize:Box User:User Args:[]string Env:[]string Cwd:string Capabilities:Capabilities "
            + "Rlimits:[]Rlimit NoNewPrivileges:bool ApparmorProfile:string OOMScoreAdj:number SelinuxLabel:string",
        ["Box"] = "Height:number Width:number",
        ["User"] = "UID:number GID:number AdditionalGids:[]number Username:string",
        ["Capabilities"] = "Bounding:[]string Effective:[]string Inheritable:[]string Permitted:[]string Ambient:[]string",
        ["Rlimit"] = "Type:string Hard:number Soft:number",
        ["Linux"] = "UIDMappings:[]IDMapping GIDMappings:[]IDMapping Sysctl:map Resources:Resources CgroupsPath:string "
            + "Namespaces:[]Namespace Devices:[]LinuxDevice Seccomp:Seccomp RootfsPropagation:string MaskedPaths:[]string "
            + "ReadonlyPaths:[]string MountLabel:string IntelRdt:IntelRdt",
        ["IDMapping"] = "HostID:number ContainerID:number Size:number",
        ["Resources"] = "Devices:[]any Memory:Memory CPU:CPU Pids:Pids BlockIO:any HugepageLimits:[]any Network:any",
        ["Memory"] = "Limit:number Reservation:number Swap:number Kernel:number KernelTCP:number Swappiness:number DisableOOMKiller:bool",
        ["CPU"] = "Shares:number Quota:number Period:number RealtimeRuntime:number RealtimePeriod:number Cpus:string Mems:string",
        ["Pids"] = "Limit:number",
        ["Namespace"] = "Type:string Path:string",
        ["LinuxDevice"] = "Path:string Type:string Major:number Minor:number FileMode:number UID:number GID:number",
        ["Seccomp"] = "DefaultAction:string Architectures:[]string Flags:[]string Syscalls:[]any",
        ["IntelRdt"] = "L3CacheSchema:string",
        ["Interface"] = "device:string name:string IPAddresses:[]IPAddress mtu:number hwAddr:string devicePath:string type_:string "
            + "raw_flags:number",
        ["IPAddress"] = "family:number address:string mask:string",
        ["Routes"] = "Routes:[]Route",
        ["Route"] = "dest:string gateway:string device:string source:string scope:number family:number flags:number mtu:number",
        ["ARPNeighbors"] = "ARPNeighbors:[]ARPNeighbor",
        ["ARPNeighbor"] = "toIPAddress:IPAddress device:string lladdr:string state:number flags:number",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, RequestField[]> s_messages =
        s_texts.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.Split(' ').Select(RequestField.Parse).ToArray());

    /// <summary>The fields of a message; null when the message is not described and taken as it is.</summary>
    internal static RequestField[]? Fields(string message) => s_messages.GetValueOrDefault(message);
}
