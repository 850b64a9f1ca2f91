using System.Text.Json.Nodes;

namespace Casemate.KataPolicy;

/// <summary>Everything that a host may change in an honest request without being denied, in one table with reasons.</summary>
/// <remarks>An attack that is allowed and not listed here is reported as a finding.</remarks>
public static class FreeFields
{
    private const string Create = "CreateContainerRequest";
    private const string Exec = "ExecProcessRequest";
    private const string All = "change,remove,add,order";
    private const string Resources = "Resources are the host's to give; what they are changes how fast and how far a process gets, not what it is.";
    private const string Output = "Output leaves past the agent, to the same host that may read it from the agent.";
    private const string Input = "Input comes past the agent, from the same host that may write it to the agent.";
    private const string MayRead = "the settings allow ReadStreamRequest";
    private const string MayWrite = "the settings allow WriteStreamRequest";
    private const string MorePaths = "Hiding more of the kernel's files takes rights away, and the order does not matter.";
    private const string KernelPaths = "paths that are added are below /proc or /sys";
    private const string OfDisk = "the node is of a raw block volume, and a device of the request attaches its disk";
    private const string Numbers = "The agent puts the numbers of the guest's own device in their place.";
    private const string Owner = "Copied from the host's node. They say which user of the container may open the disk; what is on it is the "
        + "host's to read and write anyway.";
    private const string Network = "The network outside the guest is the host's; workloads protect their traffic themselves. Loop-back "
        + "is not free.";

    /// <summary>The table.</summary>
    public static IReadOnlyList<FreeField> Table { get; } =
    [
        new(Create, "exec_id", "remove", "Runtimes leave it empty or give the container's identifier; it names the first process."),
        new(Create, "OCI.Hostname", All, "A name that the sandbox calls itself; nothing is decided by it."),
        new(Create, "OCI.Version", "change", "Several versions are accepted, so that an update of the runtime breaks nothing.")
        {
            When = "the version is one of common.oci_versions",
        },
        new(Create, "OCI.Annotations['io.kubernetes.cri.*", All, "The CRI plugin's notes, which the agent does not read.")
        {
            When = "the annotation is neither of the sandbox's identity, nor the container's name, type, image or log directory",
            Condition = static context => !NamesIdentity(context.Path),
        },
        new(Create, "OCI.Annotations['io.kubernetes.cri.sandbox-uid']", All, "The first container says which pod it is; all others must "
            + "say the same.")
        {
            When = "the container is the pause container",
            Condition = static context => context.Container?.Role is ContainerRole.Pause,
        },
        new(Create, "OCI.Annotations['io.kubernetes.cri.sandbox-namespace']", "change", "The policy leaves the namespace open.")
        {
            When = "the container is the pause container and the policy names no namespace",
            Condition = static context => context.Container?.Role is ContainerRole.Pause
                && context.Container.Oci.Annotations.GetValueOrDefault("io.kubernetes.cri.sandbox-namespace", "") == "",
        },
        new(Create, "OCI.Annotations['io.kubernetes.cri.image-name']", "change,remove,add", "A name alone: which content the container has is "
            + "the host's to say, with this name or another.")
        {
            When = "the policy binds no image of the container (ANY in 'casemate policy explain')",
            Condition = static context => context.Container is { Image: null },
        },
        new(Create, "OCI.Annotations*", "remove", "Annotations that pods carry reach the guest only if the runtime is set up so.")
        {
            When = "the annotation is none that the sandbox's identity, the container's name, type or image rest on",
            Condition = static context => !NamesIdentity(context.Path),
        },
        new(Create, "OCI.Annotations['io.kubernetes.cri.sandbox-log-directory']", "remove", "Where the host keeps logs; the agent does "
            + "not read it."),
        new(Create, "OCI.Process.OOMScoreAdj", All, Resources),
        new(Create, "OCI.Process.Rlimits*", All, Resources),
        new(Create, "OCI.Process.ConsoleSize*", All, "The size of a terminal."),
        new(Create, "OCI.Process.ApparmorProfile", All, "Guests of Kata have no AppArmor; the name means nothing there."),
        new(Create, "OCI.Linux.CgroupsPath", All, Resources),
        new(Create, "OCI.Linux.Resources.CPU*", All, Resources),
        new(Create, "OCI.Linux.Resources.Memory*", All, Resources),
        new(Create, "OCI.Linux.Resources.HugepageLimits*", All, Resources),
        new(Create, "OCI.Linux.MaskedPaths*", "add,order", MorePaths) { When = KernelPaths, Condition = AreKernels },
        new(Create, "OCI.Linux.ReadonlyPaths*", "add,order", MorePaths) { When = KernelPaths, Condition = AreKernels },
        new(Create, "OCI.Linux.Sysctl*", "remove", "A kernel parameter that is not set keeps the guest's own value."),
        new(Create, "OCI.Linux.Namespaces*", "add", "The first container says which network the pod has; all others must say the same.")
        {
            When = "a network namespace of the pause container, or a cgroup namespace",
        },
        new(Create, "OCI.Process.Capabilities*", "order", "A set."),
        new(Create, "OCI.Process.User.AdditionalGids*", "order", "A set."),
        new(Create, "OCI.Process.Env[*]", "change", "The document does not say the value: it comes from an annotation or label that somebody adds later.")
        {
            When = "the policy's value is $(todo-annotation), which the derivation warned of",
            Condition = OfUnknownAnnotation,
        },
        new(Create, "OCI.Process.Env*", "order", "Each name stands once, so the order does not matter."),
        new(Create, "OCI.Process.Env[*]", "remove", "Variables that the cluster adds by pattern may be missing.")
        {
            When = "the policy does not name the variable",
            Condition = static context => IsClusters(context),
        },
        new(Create, "OCI.Mounts*", "order", "Mounts that do not stand below one another."),
        new(Create, "OCI.Mounts[*]", "remove", "A mount that the cluster may leave out.")
        {
            When = "the policy says optional",
            Condition = static context => context.Container!.Oci.Mounts.Any(mount => mount.Optional
                && mount.Destination == context.Before?["destination"]?.GetValue<string>()),
        },
        new(Create, "storages*", "order", "Storages of volumes are prepared before any mount; their order does not matter.")
        {
            When = "the storage is not a layer of the image",
        },
        new(Create, "storages[*]", "remove", "A storage to which several mounts lead is prepared once: the agent only counts how often it is "
            + "named.")
        {
            When = "the request names the storage once more",
            Condition = IsNamedAgain,
        },
        new(Create, "storages[*].source", "change", "The name of a block device is the host's; the content is under dm-verity, or made "
            + "and encrypted in the guest.")
        {
            When = "the storage is a block device, and the name has the form of one",
            Condition = static context => context.BeforeText.Length == 2,
        },
        new(Create, "storages[*].driver_options[*]", "remove", "What the runtime says about an image that the guest pulls; not needed "
            + "to pull it.")
        {
            When = "the storage is an image that the guest pulls, and not the pause container's",
            Condition = static context => context.BeforeText.StartsWith("image_guest_pull=", StringComparison.Ordinal)
                && context.Container!.Role is not ContainerRole.Pause,
        },
        new(Create, "devices*", "order", "A set."),
        new(Create, "devices[*].options[*]", "change", "Addresses of a device on the host, of which only the form is known beforehand."),
        new(Create, "devices[*].options", "order,add", "Addresses of a device on the host, of which only the form is known beforehand."),
        new(Create, "devices[*].options[*]", "add,order", "Addresses of a device on the host, of which only the form is known beforehand."),
        new(Create, "devices[*].id", All, "The agent uses the number of devices that are passed through only.")
        {
            When = "the device is not passed through",
            Condition = static context => context.BeforeText.Length == 0,
        },
        new(Create, "devices[*]", "remove", "A container with fewer devices than it asked for fails by itself.")
        {
            When = "the device is not passed through",
            Condition = static context => context.Before?["container_path"]?.GetValue<string>()
                .StartsWith("/dev/vfio/", StringComparison.Ordinal) != true,
        },
        new(Create, "OCI.Linux.Devices*", "order", "A set."),
        new(Create, "OCI.Linux.Devices[*].Major", "change,remove", Numbers) { When = OfDisk, Condition = IsNodeOfDisk },
        new(Create, "OCI.Linux.Devices[*].Minor", "change,remove", Numbers) { When = OfDisk, Condition = IsNodeOfDisk },
        new(Create, "OCI.Linux.Devices[*].FileMode", "change,remove", Owner) { When = OfDisk, Condition = IsNodeOfDisk },
        new(Create, "OCI.Linux.Devices[*].UID", "change,remove", Owner) { When = OfDisk, Condition = IsNodeOfDisk },
        new(Create, "OCI.Linux.Devices[*].GID", "change,remove", Owner) { When = OfDisk, Condition = IsNodeOfDisk },
        new(Create, "stdin_port", "change", Input) { When = MayWrite, Condition = static context => context.Data.RequestDefaults.WriteStream },
        new(Create, "stdout_port", "change", Output) { When = MayRead, Condition = static context => context.Data.RequestDefaults.ReadStream },
        new(Create, "stderr_port", "change", Output) { When = MayRead, Condition = static context => context.Data.RequestDefaults.ReadStream },
        new("CreateSandboxRequest", "hostname", All, "A name that the sandbox calls itself; nothing is decided by it."),
        new("CreateSandboxRequest", "sandbox_id", All, "The first container says which sandbox it is."),
        new("CreateSandboxRequest", "dns*", All, Network),
        new("CreateSandboxRequest", "storages*", "order", "A set."),
        new("UpdateInterfaceRequest", "*", All, Network),
        new("UpdateRoutesRequest", "*", All, Network),
        new("AddARPNeighborsRequest", "*", All, Network),
        new("CopyFileRequest", "path", "change", "Which files a shared directory holds is the host's to say; pods take secrets from a "
            + "key broker instead."),
        new("CopyFileRequest", "symlink_target", All, "Only for symbolic links."),
        new("CopyFileRequest", "file_size", All, "Files that are copied are the host's to fill."),
        new("CopyFileRequest", "file_type", "remove", "The agent itself derives it from the mode."),
        new("CopyFileRequest", "file_mode", "change,remove", "Permissions, without the bits that lend an owner's rights."),
        new("CopyFileRequest", "dir_mode", All, "Permissions of directories on the way."),
        new("CopyFileRequest", "uid", All, "The owner of a file whose content is the host's."),
        new("CopyFileRequest", "gid", All, "The owner of a file whose content is the host's."),
        new("CopyFileRequest", "offset", All, "Files that are copied are the host's to fill."),
        new(Exec, "exec_id", "change", "Names the process."),
        new(Exec, "process.OOMScoreAdj", All, Resources),
        new(Exec, "process.Rlimits*", All, Resources),
        new(Exec, "process.ConsoleSize*", All, "The size of a terminal."),
        new(Exec, "process.User.AdditionalGids*", "order", "A set."),
        new(Exec, "process.Env[*]", "change", "The document does not say the value: it comes from an annotation or label that somebody adds later.")
        {
            When = "the policy's value is $(todo-annotation), which the derivation warned of",
            Condition = OfUnknownAnnotation,
        },
        new(Exec, "process.Env*", "order", "Each name stands once, so the order does not matter."),
        new(Exec, "process.Env[*]", "remove", "Variables that the cluster adds by pattern may be missing.")
        {
            When = "the policy does not name the variable",
            Condition = static context => IsClusters(context),
        },
        new(Exec, "stdin_port", "change", Input) { When = MayWrite, Condition = static context => context.Data.RequestDefaults.WriteStream },
        new(Exec, "stdout_port", "change", Output) { When = MayRead, Condition = static context => context.Data.RequestDefaults.ReadStream },
        new(Exec, "stderr_port", "change", Output) { When = MayRead, Condition = static context => context.Data.RequestDefaults.ReadStream },
    ];

    private static bool AreKernels(AttackContext context) =>
        new[] { "MaskedPaths", "ReadonlyPaths" }.SelectMany(list => context.Body["OCI"]?["Linux"]?[list] as JsonArray ?? [])
            .Select(path => path?.GetValue<string>() ?? "")
            .All(path => path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal));

    private static bool NamesIdentity(string path) => path is
        "OCI.Annotations['io.kubernetes.cri.container-type']" or "OCI.Annotations['io.katacontainers.pkg.oci.container_type']"
        or "OCI.Annotations['io.kubernetes.cri.sandbox-name']" or "OCI.Annotations['io.kubernetes.cri.sandbox-namespace']"
        or "OCI.Annotations['io.kubernetes.cri.sandbox-id']" or "OCI.Annotations['io.kubernetes.cri.sandbox-uid']"
        or "OCI.Annotations['io.kubernetes.cri.container-name']" or "OCI.Annotations['io.kubernetes.cri.image-name']"
        or "OCI.Annotations['io.kubernetes.cri.sandbox-log-directory']"
        || path.StartsWith("OCI.Annotations['cdi.k8s.io/", StringComparison.Ordinal);

    private static bool IsNamedAgain(AttackContext context) =>
        context.Container is { } container && context.Before?["mount_point"]?.GetValue<string>() is { Length: > 0 } point
            && new HonestPod(context.Data).MountsOf(context.Data.Containers.ToList().IndexOf(container), point) > 1;

    private static bool IsNodeOfDisk(AttackContext context)
    {
        const string Nodes = "OCI.Linux.Devices[";
        var number = context.Path.StartsWith(Nodes, StringComparison.Ordinal) ? context.Path[Nodes.Length..].Split(']')[0] : "";
        return context.Container is { } container && int.TryParse(number, out var i) && i < container.Oci.Linux.Devices.Count
            && container.Devices.Any(device => device.ContainerPath == container.Oci.Linux.Devices[i]);
    }

    private static bool OfUnknownAnnotation(AttackContext context) =>
        context.Container?.Oci.Process.Env.Contains($"{context.BeforeText.Split('=')[0]}=$(todo-annotation)") == true;

    private static bool IsClusters(AttackContext context) =>
        context.Container?.Oci.Process.Env.Any(one => one.Split('=')[0] == context.BeforeText.Split('=')[0]) == false;
}
