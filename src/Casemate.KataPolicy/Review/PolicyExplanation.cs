namespace Casemate.KataPolicy;

/// <summary>Says in plain words what a policy's data allow, container by container.</summary>
/// <remarks>True of the policy only where its rules are Casemate's own: see <see cref="PolicyRules.AreCasemates"/>.</remarks>
public static class PolicyExplanation
{
    /// <summary>The explanation in lines of at most <paramref name="width"/> columns.</summary>
    /// <param name="data">The policy's data.</param>
    /// <param name="width">The columns, at least 40.</param>
    public static IReadOnlyList<string> Lines(PolicyData data, int width = 80)
    {
        ArgumentNullException.ThrowIfNull(data);
        width = Math.Max(width, 40);
        var lines = new List<string>();
        foreach (var (name, text) in Pod(data))
        {
            Add(lines, name, text, width, "");
        }

        foreach (var container in data.Containers)
        {
            lines.Add("");
            lines.Add($"{container.Name} ({Role(container.Role)})");
            foreach (var (name, text) in Container(data, container))
            {
                Add(lines, name, text, width, "  ");
            }
        }

        return lines;
    }

    internal static string Shown(string text) => text.Replace("$$", "\u0001", StringComparison.Ordinal)
        .Replace("$(sandbox-name)", "<pod's name>", StringComparison.Ordinal)
        .Replace("$(sandbox-namespace)", "<namespace>", StringComparison.Ordinal)
        .Replace("$(host-name)", "<host name>", StringComparison.Ordinal)
        .Replace("$(node-name)", "<node's name>", StringComparison.Ordinal)
        .Replace("$(pod-ip)", "<pod's address>", StringComparison.Ordinal)
        .Replace("$(host-ip)", "<node's address>", StringComparison.Ordinal)
        .Replace("$(pod-uid)", "<pod's uid>", StringComparison.Ordinal)
        .Replace("$(resource-field)", "<a number>", StringComparison.Ordinal)
        .Replace("$(todo-annotation)", "<anything>", StringComparison.Ordinal)
        .Replace('\u0001', '$');

    internal static string Words(IEnumerable<string> args) => string.Join(' ', args.Select(Shown).Select(argument =>
        argument.Length > 0 && argument.All(c => c > ' ' && c is not ('\'' or '"')) ? argument : $"'{argument.ReplaceLineEndings("\\n")}'"));

    internal static string From(MountPolicy mount, ContainerPolicy container) => mount switch
    {
        { Source: "" } when IsEncrypted(container) => "encrypted scratch disk, made in the guest",
        { Source: "" } => "scratch disk, made in the guest",
        _ when mount.Source.Contains("/sandbox/ephemeral/", StringComparison.Ordinal) => "memory of the guest",
        _ when mount.Source.Contains("$(sfprefix)", StringComparison.Ordinal) || mount.Source.Contains("$(cpath)", StringComparison.Ordinal)
            || mount.Source.Contains("/shared/containers", StringComparison.Ordinal) => "the host",
        _ => mount.Source,
    };

    internal static string Mode(MountPolicy mount) => mount.Options.Contains("ro") ? "ro" : "rw";

    internal static bool IsUsual(MountPolicy mount) => mount.Destination is
        "/proc" or "/dev" or "/dev/pts" or "/dev/shm" or "/dev/mqueue" or "/sys" or "/sys/fs/cgroup";

    // Which disk a mount of no source is from the host says: only where all are encrypted it surely is.
    private static bool IsEncrypted(ContainerPolicy container) =>
        container.Storages.Where(storage => storage.MountPoint.Contains("$(spath)", StringComparison.Ordinal)).ToArray() is { Length: > 0 } disks
        && disks.All(disk => disk.DriverOptions.SelectMany(one => one.Split(',')).Contains("encryption_key=ephemeral"));

    /// <summary>
    /// Whose network the sandbox's annotation names: that of the node, as generators of policies write it for hostNetwork, or its own.
    /// Source: kata-containers, src/tools/genpolicy/src/policy.rs, "nerdctl/network-namespace".
    /// </summary>
    internal static bool IsHostNetwork(string networkNamespace) =>
        networkNamespace.StartsWith("^/var/run/netns/cnitest-", StringComparison.Ordinal);

    private static IEnumerable<(string, string)> Pod(PolicyData data)
    {
        var annotations = data.Containers[0].Oci.Annotations;
        var space = annotations.GetValueOrDefault("io.kubernetes.cri.sandbox-namespace", "");
        yield return ("pod", (annotations.TryGetValue("io.kubernetes.cri.sandbox-name", out var names)
            ? $"named {PodNameWords.Of(names)}" : "of any name") + (space.Length > 0 ? $", in namespace {space}" : ", in any namespace"));
        if (IsHostNetwork(annotations.GetValueOrDefault("nerdctl/network-namespace", "")))
        {
            yield return ("network", "the node's (hostNetwork)");
        }

        if (data.Containers[0] is { Role: ContainerRole.Pause } pause && pause.Oci.Linux.Namespaces.All(one => one.Type != "uts"))
        {
            yield return ("names", "shares the guest's host name (no uts namespace of its own)");
        }

        yield return ("order", AgentPolicyText.HasOrder(data)
            ? "pause, then init containers and sidecars one after the other, then the rest"
            : "pause first, then the others; each once at a time");
        var defaults = data.RequestDefaults;
        string[] open =
        [
            .. defaults.ReadStream ? ["read output and logs"] : Array.Empty<string>(),
            .. defaults.WriteStream ? ["write to standard input"] : Array.Empty<string>(),
            .. defaults.CloseStdin ? ["close standard input"] : Array.Empty<string>(),
            .. defaults.UpdateEphemeralMounts ? ["resize volumes in memory"] : Array.Empty<string>(),
            .. defaults.GetDiagnosticData ? ["read diagnostics"] : Array.Empty<string>(),
            .. defaults.CopyFile.Count > 0 ? ["copy files into volumes it shares"] : Array.Empty<string>(),
            .. defaults.ExecProcess.AllowedCommands.Select(command => $"run '{Words(command)}'"),
            .. defaults.ExecProcess.Regex.Select(pattern => $"run what matches '{pattern}'"),
        ];
        yield return ("host may", string.Join(", ", open.Append("set up the network, start, signal and stop containers")));
        if (VariableWords.Of(defaults.CreateContainer.AllowEnvRegex, data.Common) is { Length: > 0 } variables)
        {
            yield return ("may add", $"variables that a container's env does not name, <…> being any: {variables}");
        }

        string[] shut =
        [
            .. defaults.ReadStream ? Array.Empty<string>() : ["read logs"], .. defaults.WriteStream ? Array.Empty<string>() : ["write to a process"],
            "run other commands", "change the policy",
        ];
        yield return ("may not", string.Join(", ", shut));
    }

    private static IEnumerable<(string, string)> Container(PolicyData data, ContainerPolicy container)
    {
        var process = container.Oci.Process;
        yield return ("image", Image(container));
        yield return ("runs", Words(process.Args));
        var groups = process.User.AdditionalGids.Where(gid => gid != process.User.Gid).ToArray() switch
        {
            [] => "",
            [var one] => $" and in group {one}",
            var several => $" and in groups {string.Join(", ", several)}",
        };
        yield return ("as", $"user {process.User.Uid}, group {process.User.Gid}{groups} in {process.Cwd}; "
            + $"{(process.NoNewPrivileges ? "gains no privileges" : "may gain privileges")}; "
            + $"root file system {(container.Oci.Root.Readonly ? "read-only" : "writable")}"
            + $"{(process.Terminal ? "; terminal" : "")}{(container.SandboxPidns ? "; shares processes with the pod" : "")}");
        yield return ("caps", Capabilities(process.Capabilities));
        if (container.Role is ContainerRole.Pause)
        {
            yield break;
        }

        yield return ("env", process.Env.Count == 0 ? "none" : string.Join(' ', process.Env.Select(one => IsOpen(one) ? Shown(one) : Cut(Shown(one)))));
        var mounts = container.Oci.Mounts.Where(mount => !IsUsual(mount)).GroupBy(mount => From(mount, container)).Select(group =>
            $"from {group.Key}: {string.Join(", ", group.Select(mount => $"{mount.Destination} {Mode(mount)}"))}").ToArray();
        if (mounts.Length > 0)
        {
            yield return ("mounts", string.Join("; ", mounts));
        }

        if (Unguarded(container.Oci.Linux) is { Length: > 0 } unguarded)
        {
            yield return ("kernel", unguarded);
        }

        if (container.Devices.Count > 0)
        {
            yield return ("devices", string.Join(", ", container.Devices.Select(device => device.ContainerPath)));
        }

        if (container.ExecCommands.Count > 0)
        {
            yield return ("probes", string.Join("; ", container.ExecCommands.Select(Words)));
        }
    }

    // Runtimes hide some files of the kernel and make others read-only: worth a word only where they do not.
    private static string Unguarded(LinuxPolicy linux) => (linux.MaskedPaths.Count, linux.ReadonlyPaths.Count) switch
    {
        (0, 0) => "no file of /proc and /sys is hidden or read-only",
        (0, _) => "no file of /proc and /sys is hidden",
        (_, 0) => "no file of /proc and /sys is read-only",
        _ => "",
    };

    private static string Image(ContainerPolicy container) => container.Image switch
    {
        null => "ANY: this policy does not bind it",
        { Form: ImageForm.GuestPull } when container.Role is ContainerRole.Pause => "the guest's own pause image",
        { Form: ImageForm.GuestPull } image => $"{image.Reference}, pulled by the guest{Signed(image)}",
        var image => $"{image.Reference}, {image.Layers.Count} layers under dm-verity{Signed(image)}",
    };

    private static string Signed(ContainerImage image) => image.Signer switch
    {
        null => "",
        { Key.Length: > 0 } signer => $"; signed by key {signer.Key}",
        var signer => $"; signed by {signer.Identity} of {signer.Issuer}",
    };

    private static string Capabilities(CapabilitiesPolicy capabilities)
    {
        string Set(IReadOnlyList<string> list) => list switch
        {
            [] => "none",
            ["$(default_caps)"] => "the usual ones",
            ["$(privileged_caps)"] => "ALL (privileged)",
            _ => string.Join(' ', list.Select(one => one.StartsWith("CAP_", StringComparison.Ordinal) ? one[4..] : one)),
        };
        var bounding = Set(capabilities.Bounding);
        return capabilities.Ambient.Count > 0 ? $"{bounding}; ambient {Set(capabilities.Ambient)}" : bounding;
    }

    private static string Role(ContainerRole role) => role switch
    {
        ContainerRole.Pause => "the sandbox's own",
        ContainerRole.Init => "init container",
        ContainerRole.Sidecar => "sidecar",
        _ => "container",
    };

    // What is the host's to choose must not be what is cut off.
    private static bool IsOpen(string text) =>
        text.Replace("$$", "", StringComparison.Ordinal).Contains("$(", StringComparison.Ordinal);

    private static string Cut(string text) => text.Length <= 48 ? text : text[..47] + "…";

    private static void Add(List<string> lines, string name, string text, int width, string indent)
    {
        const int Column = 9;
        var room = width - indent.Length - Column;
        var label = (indent + name).PadRight(indent.Length + Column);
        foreach (var line in Wrap(text, room))
        {
            lines.Add((label + line).TrimEnd());
            label = new string(' ', indent.Length + Column);
        }
    }

    private static IEnumerable<string> Wrap(string text, int room)
    {
        var rest = text.ReplaceLineEndings("\\n");
        while (rest.Length > room)
        {
            var at = rest.LastIndexOf(' ', room);
            at = at < room / 2 ? room : at;
            yield return rest[..at].TrimEnd();
            rest = rest[at..].TrimStart();
        }

        yield return rest;
    }
}
