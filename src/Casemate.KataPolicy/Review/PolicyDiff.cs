using System.Globalization;

namespace Casemate.KataPolicy;

/// <summary>Compares what the data of two policies allow: not their text, their meaning.</summary>
/// <remarks>Rules are not looked at: see <see cref="PolicyRules"/> for whether the data alone decides.</remarks>
public static class PolicyDiff
{
    /// <summary>The differences, those of the pod first, then container by container; empty when both allow the same.</summary>
    /// <param name="before">The first policy's data.</param>
    /// <param name="after">The second policy's data.</param>
    public static IReadOnlyList<PolicyChange> Compare(PolicyData before, PolicyData after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var changes = new List<PolicyChange>();
        var renamed = Renamed(before, after);
        Compare(changes, "", PodFacts(before, []), PodFacts(after, renamed));
        var ofPod = changes.ToHashSet();
        var old = before.Containers.ToDictionary(one => one.Name, StringComparer.Ordinal);
        foreach (var container in after.Containers)
        {
            var name = container.Name;
            if (renamed.TryGetValue(name, out var former))
            {
                changes.Add(new PolicyChange(name, true, $"would now allow this container under the name '{name}' instead of '{former}'"));
            }

            if (!old.TryGetValue(former ?? name, out var was))
            {
                changes.Add(new PolicyChange(
                    name, true, $"would now allow this container: {PolicyExplanation.Words(container.Oci.Process.Args)} of "
                    + (container.Image?.Reference ?? "any image")));
                continue;
            }

            var own = new List<PolicyChange>();
            Compare(own, name, ContainerFacts(was), ContainerFacts(container));
            ComparePaths(own, name, was.Oci.Linux, container.Oci.Linux);
            own.AddRange(CapabilityDiff.Compare(
                name, (was.Oci.Process.Capabilities, before.Common), (container.Oci.Process.Capabilities, after.Common)));

            // Every container carries the annotations of its pod: what was said of the pod need not be said of each.
            changes.AddRange(own.Where(change => !ofPod.Contains(change with { Container = "" })));
        }

        var kept = after.Containers.Select(one => renamed.GetValueOrDefault(one.Name, one.Name)).ToHashSet(StringComparer.Ordinal);
        changes.AddRange(before.Containers.Where(one => !kept.Contains(one.Name))
            .Select(one => new PolicyChange(one.Name, false, "no longer allows this container")));
        return changes;
    }

    // A container that went and one that came are one under two names where they run the same image in the same role.
    private static Dictionary<string, string> Renamed(PolicyData before, PolicyData after)
    {
        var gone = before.Containers.ExceptBy(after.Containers.Select(one => one.Name), one => one.Name).ToList();
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var container in after.Containers.ExceptBy(before.Containers.Select(one => one.Name), one => one.Name))
        {
            if (gone.Find(one => one.Role == container.Role && (container.Image is { } image
                ? one.Image?.Reference == image.Reference
                : one.Image is null && one.Oci.Process.Args.SequenceEqual(container.Oci.Process.Args))) is { } former)
            {
                renamed[container.Name] = former.Name;
                _ = gone.Remove(former);
            }
        }

        return renamed;
    }

    // What is hidden or read-only is taken away, so a path that no longer is is a grant.
    private static void ComparePaths(List<PolicyChange> changes, string container, LinuxPolicy before, LinuxPolicy after)
    {
        void Say(bool grants, string words, IEnumerable<string> paths)
        {
            if (paths.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray() is { Length: > 0 } some)
            {
                changes.Add(new PolicyChange(container, grants, $"{words} {string.Join(", ", some)}"));
            }
        }

        Say(true, "would now allow to see what was hidden (masked paths):", before.MaskedPaths.Except(after.MaskedPaths));
        Say(false, "no longer allows to see (masked paths):", after.MaskedPaths.Except(before.MaskedPaths));
        Say(true, "would now allow to write to what was read-only:", before.ReadonlyPaths.Except(after.ReadonlyPaths));
        Say(false, "no longer allows to write to (read-only paths):", after.ReadonlyPaths.Except(before.ReadonlyPaths));
    }

    private static void Compare(List<PolicyChange> changes, string container, List<Fact> before, List<Fact> after)
    {
        foreach (var fact in after.Where(fact => !before.Contains(fact)))
        {
            var was = before.FirstOrDefault(one => one.IsOne && one.What == fact.What && one.Key == fact.Key);
            changes.Add(new PolicyChange(
                container, true, was is null ? $"would now allow {fact.What} {fact.Value}" : $"would now allow {fact.What} {fact.Value} instead of {was.Value}"));
        }

        foreach (var fact in before.Where(fact => !after.Contains(fact)
            && !after.Any(one => one.IsOne && fact.IsOne && one.What == fact.What && one.Key == fact.Key)))
        {
            changes.Add(new PolicyChange(container, false, $"no longer allows {fact.What} {fact.Value}"));
        }
    }

    private static List<Fact> PodFacts(PolicyData data, Dictionary<string, string> renamed)
    {
        var facts = new List<Fact>();
        var defaults = data.RequestDefaults;
        void Flag(string what, bool value)
        {
            if (value)
            {
                facts.Add(new Fact(what, "", "", false));
            }
        }

        facts.AddRange(data.Containers.Take(1).SelectMany(one => one.Oci.Annotations).Select(Annotation));
        Flag("the host to read output and logs (ReadStreamRequest)", defaults.ReadStream);
        Flag("the host to write to processes (WriteStreamRequest)", defaults.WriteStream);
        Flag("the host to close standard input (CloseStdinRequest)", defaults.CloseStdin);
        Flag("the host to resize volumes in memory (UpdateEphemeralMountsRequest)", defaults.UpdateEphemeralMounts);
        Flag("the host to read diagnostics (GetDiagnosticDataRequest)", defaults.GetDiagnosticData);
        facts.AddRange(defaults.CopyFile.Select(one => new Fact("files copied to", one, one, false)));
        facts.AddRange(defaults.ExecProcess.AllowedCommands.Select(one => new Fact("in any container the command", "", PolicyExplanation.Words(one), false)));
        facts.AddRange(defaults.ExecProcess.Regex.Select(one => new Fact("in any container commands that match", one, one, false)));
        facts.AddRange(defaults.CreateContainer.AllowEnvRegex.Select(one => new Fact("variables that match", one, one, false)));
        facts.AddRange(defaults.CreateContainer.CgroupMountExtrasAllowed.Select(one => new Fact("the option of cgroup mounts", one, one, false)));
        facts.Add(new Fact("flags of interfaces", "", defaults.UpdateInterface.AllowRawFlags.ToString(CultureInfo.InvariantCulture), true));
        facts.AddRange(data.Common.OciVersions.Select(one => new Fact("the OCI version", one, one, false)));
        var common = data.Common;
        foreach (var (name, value) in new[]
        {
            ("cpath", common.Cpath), ("root_path", common.RootPath), ("sfprefix", common.SfPrefix), ("spath", common.Spath),
            ("ipv4_a", common.Ipv4Address), ("ip_p", common.PortNumber), ("svc_name_downward_env", common.ServiceNameDownwardEnv),
            ("dns_label", common.DnsLabel), ("layer source", common.LayerSourcePrefix),
        })
        {
            facts.Add(new Fact($"as the common pattern {name}:", "", value, true));
        }

        facts.AddRange(data.Sandbox.Storages.Select(one => new Fact("the sandbox's storage", one.MountPoint, Storage(one), true)));
        facts.Add(new Fact("the order of containers", "", string.Join(", ", data.Containers.Select(one => renamed.GetValueOrDefault(one.Name, one.Name))), true));
        return facts;
    }

    private static List<Fact> ContainerFacts(ContainerPolicy container)
    {
        var process = container.Oci.Process;
        var facts = new List<Fact>
        {
            new("the role", "", PolicyDataWriter.Name(container.Role), true),
            new("the image", "", container.Image?.Reference ?? "of any content", true),
            new("the image's content", "", Content(container.Image), true),
            new("the image's signer", "", Signer(container.Image?.Signer), true),
            new("the command", "", PolicyExplanation.Words(process.Args), true),
            new("the user", "", process.User.Uid.ToString(CultureInfo.InvariantCulture), true),
            new("the group", "", process.User.Gid.ToString(CultureInfo.InvariantCulture), true),
            new("the working directory", "", process.Cwd, true),
            new("to gain privileges:", "", process.NoNewPrivileges ? "no" : "yes", true),
            new("a terminal:", "", process.Terminal ? "yes" : "no", true),
            new("a root file system that is", "", container.Oci.Root.Readonly ? "read-only" : "writable", true),
            new("the processes of the pod to be seen:", "", container.SandboxPidns ? "yes" : "no", true),
            new("the OCI version", "", container.Oci.Version, true),
            new("namespaces", "", string.Join(", ", container.Oci.Linux.Namespaces.Select(one => one.Type + one.Path)), true),
        };
        facts.AddRange((container.Image?.Layers ?? []).Select(layer => new Fact("the layer", layer.Id, $"{layer.Id} with root {layer.RootHash}", true)));
        facts.AddRange(process.User.AdditionalGids.Select(gid => new Fact("membership of the group", "", gid.ToString(CultureInfo.InvariantCulture), false)));
        facts.AddRange(process.Env.Select(one => new Fact("the variable", one.Split('=')[0], PolicyExplanation.Shown(one), true)));
        facts.AddRange(container.Oci.Mounts.Select(mount => new Fact(
            "the mount", mount.Destination, $"{mount.Destination} from {(IsShown(mount) ? PolicyExplanation.From(mount, container) : mount.Source)} "
            + $"({string.Join(',', mount.Options)}{(mount.Optional ? "; may be missing" : "")}; {mount.Type}; {mount.Source})", true)));
        facts.AddRange(container.Storages.Select(storage => new Fact("the storage", storage.MountPoint, Storage(storage), true)));
        facts.AddRange(container.Devices.Select(device => new Fact("the device", device.ContainerPath, $"{device.ContainerPath} ({device.Type})", false)));
        facts.AddRange(container.ExecCommands.Select(command => new Fact("the probe or hook", "", PolicyExplanation.Words(command), false)));
        facts.AddRange(container.Oci.Annotations.Where(pair => pair.Key != "io.kubernetes.cri.container-name").Select(Annotation));
        facts.AddRange(container.RuntimeAnnotationPatterns.Select(pair => new Fact("annotations that match", pair.Key, $"{pair.Key}={pair.Value}", true)));
        facts.AddRange(container.Oci.Linux.Sysctl.Select(pair => new Fact("the kernel parameter", pair.Key, $"{pair.Key}={pair.Value}", true)));
        facts.AddRange(container.Oci.Linux.Devices.Select(one => new Fact("the device node", one, one, false)));
        return facts;
    }

    private static Fact Annotation(KeyValuePair<string, string> pair) => pair.Key switch
    {
        "io.kubernetes.cri.sandbox-name" => new Fact("pods", pair.Key, $"named {PodNameWords.Of(pair.Value)}", true),
        "io.kubernetes.cri.sandbox-namespace" => new Fact(
            "pods", pair.Key, pair.Value.Length > 0 ? $"in namespace {pair.Value}" : "in any namespace", true),
        "nerdctl/network-namespace" when PolicyExplanation.IsHostNetwork(pair.Value) => new Fact(
            "the network", pair.Key, $"of the node (hostNetwork; {pair.Value})", true),
        _ => new Fact("the annotation", pair.Key, $"{pair.Key}={pair.Value}", true),
    };

    private static string Content(ContainerImage? image) => image is null
        ? "of any kind"
        : $"{image.Form}, manifest {image.ManifestDigest}, configuration {image.ConfigDigest}, {string.Join(' ', image.DiffIds)}";

    private static string Signer(ImageSigner? signer) => signer switch
    {
        null => "anybody or nobody",
        { Key.Length: > 0 } => $"key {signer.Key}",
        _ => $"{signer.Identity} of {signer.Issuer}",
    };

    private static bool IsShown(MountPolicy mount) => !PolicyExplanation.IsUsual(mount);

    private static string Storage(StoragePolicy storage) =>
        $"{storage.MountPoint} ({storage.Driver} {storage.Source} {storage.Fstype} {string.Join(',', storage.DriverOptions.Concat(storage.Options))}"
        + $"{(storage.FsGroup is { } group ? $"; group {group.GroupId}" : "")}{(storage.Shared ? "; shared" : "")})";

    // IsOne: one value for each key, so that another one replaces it.
    private sealed record Fact(string What, string Key, string Value, bool IsOne);
}
