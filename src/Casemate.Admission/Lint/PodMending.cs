using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>
/// What can be changed in a file, without a person, for a finding of the webhook's: only where the text says what was meant, and where
/// the pod cannot lose anything by it.
/// </summary>
internal static class PodMending
{
    public const string UnknownAmount = "How much EPC the pod needs is not known.";

    private const long MiB = 1L << 20;
    private const long PageBytes = 4096;

    public static LintFinding Add(LintFinding finding, AdmissionFinding source, LintPod pod)
    {
        var (edits, reason) = source.Id switch
        {
            AdmissionFindingId.AmountInBytes => Bytes(finding.Path, pod),
            AdmissionFindingId.AmountWithSuffix => Suffix(finding.Path, pod),
            AdmissionFindingId.UnknownResource => Name(finding.Path, pod),
            AdmissionFindingId.AmountsDiffer => Request(finding.Path, pod),
            AdmissionFindingId.ValueNotText => Value(finding.Path, pod),
            AdmissionFindingId.HostDevice => Device(finding.Path, pod),
            AdmissionFindingId.Privileged => Privilege(finding.Path, pod),
            AdmissionFindingId.EphemeralResources =>
                ([new ManifestEdit(ManifestEditVerb.Remove, finding.Path)], ""),
            AdmissionFindingId.UserNamespace => ([], "Whether the pod may do without its user namespace is not known."),
            AdmissionFindingId.ProvisionNotAllowed or AdmissionFindingId.AmountUnreadable or AdmissionFindingId.LargerThanNodes
                or AdmissionFindingId.NoNodeOffers or AdmissionFindingId.QuotesWithoutHelper or AdmissionFindingId.UnknownQuoteProvider
                or AdmissionFindingId.MalformedPod => ((ImmutableArray<ManifestEdit>)[], ""),
            _ => throw new ArgumentOutOfRangeException(nameof(source), source.Id, "It is no finding."),
        };
        return finding with { Edits = edits, NotMended = edits.IsEmpty ? reason : "" };
    }

    // An amount of bytes below a page is nothing that anybody needs.
    private static (ImmutableArray<ManifestEdit>, string) Bytes(string path, LintPod pod) => Amounts(
        path, pod,
        text => text.All(char.IsAsciiDigit) && Quantity.TryReadWhole(text, out var quantity) && quantity < PageBytes
            ? FormattableString.Invariant($"{quantity}Mi") : null,
        "Whether bytes or MiB were meant cannot be told.");

    private static (ImmutableArray<ManifestEdit>, string) Suffix(string path, LintPod pod) => Amounts(
        path, pod,
        text => text.EndsWith('i') && Quantity.TryReadWhole(text, out var bytes) && bytes % MiB == 0
            ? FormattableString.Invariant($"{bytes / MiB}") : null,
        "How many MiB were meant cannot be told.");

    // The same amount may stand in limits and requests, and is told of once.
    private static (ImmutableArray<ManifestEdit>, string) Amounts(string path, LintPod pod, Func<string, string?> mend, string reason)
    {
        if (Entry(path, pod) is not { } entry || PodShape.Amount(entry.Value) is not { } text || mend(text) is not { } mended)
        {
            return ([], reason);
        }

        return (
            [
                .. Maps(entry).Where(map => LooseJson.Get(map.Map, entry.Name) is { } value && PodShape.Amount(value) == text)
                    .Select(map => new ManifestEdit(
                        ManifestEditVerb.Set, PodPath.Member(map.Path, entry.Name), PatchBuilder.Quote(mended))),
            ], "");
    }

    private static (ImmutableArray<ManifestEdit>, string) Name(string path, LintPod pod)
    {
        if (Entry(path, pod) is not { } entry || PodReview.NearestOf(entry.Name) is not { } meant)
        {
            return ([], "Which name was meant cannot be told.");
        }

        if (!PodReview.IsOfKnownMaker(entry.Name))
        {
            return ([], "It may be another maker's own name.");
        }

        var maps = Maps(entry).Where(map => LooseJson.Get(map.Map, entry.Name) is not null).ToList();
        return maps.Exists(map => LooseJson.Get(map.Map, meant) is not null)
            ? ([], $"{meant} stands beside it.")
            : ([.. maps.Select(map => new ManifestEdit(ManifestEditVerb.Rename, PodPath.Member(map.Path, entry.Name), meant))], "");
    }

    private static (ImmutableArray<ManifestEdit>, string) Request(string path, LintPod pod)
    {
        var container = pod.Containers.FirstOrDefault(container => container.Path == path).Json;
        var families = container.ValueKind is JsonValueKind.Object ? LintPod.EpcOf(container).ToList() : [];
        return families is [var family]
            && LooseJson.Get(container, "resources", "limits", family.Name) is { ValueKind: JsonValueKind.String or JsonValueKind.Number } limit
            && Quantity.TryReadWhole(PodShape.Amount(limit), out var most) && most > 0
            && LooseJson.Get(container, "resources", "requests", family.Name) is not null
                ? ([new ManifestEdit(ManifestEditVerb.Set, PodPath.Member(path + ".resources.requests", family.Name), limit.GetRawText())], "")
                : ([], "Which of the amounts was meant cannot be told.");
    }

    private static (ImmutableArray<ManifestEdit>, string) Value(string path, LintPod pod)
    {
        foreach (var (container, at) in pod.Containers)
        {
            foreach (var (entry, index) in LooseJson.Items(container, "env"))
            {
                if (PodPath.Item(at + ".env", index) + ".value" == path
                    && LooseJson.Get(entry, "value") is { ValueKind: JsonValueKind.Number } value)
                {
                    return ([new ManifestEdit(ManifestEditVerb.Set, path, $"\"{value.GetRawText()}\"")], "");
                }
            }
        }

        return ([], "Which text was meant cannot be told.");
    }

    private static (ImmutableArray<ManifestEdit>, string) Device(string path, LintPod pod)
    {
        var (volume, at) = pod.Volumes.FirstOrDefault(volume => volume.Path + ".hostPath" == path);
        if (LooseJson.Text(volume, "name") is not { } name || pod.IsDevicePlugin)
        {
            return ([], "What the pod does with the device is not known.");
        }

        var edits = ImmutableArray.CreateBuilder<ManifestEdit>();
        foreach (var (container, place) in pod.Containers)
        {
            var mounts = LooseJson.Items(container, "volumeMounts").ToList();
            var ours = mounts.Where(mount => LooseJson.Text(mount.Item, "name") == name).ToList();
            if (ours.Count > 0 && !LintPod.EpcOf(container).Any())
            {
                return ([], UnknownAmount);
            }

            if (ours.Count > 0 && !IsGranted(volume, container))
            {
                return ([], $"The provisioning device comes with {AccessResource.Provision} alone; whether the pod needs it is not known.");
            }

            edits.AddRange(Remove(place + ".volumeMounts", mounts.Count, ours.Select(mount => mount.Index)));
        }

        edits.AddRange(Remove(pod.InDocument("spec.volumes"), pod.Volumes.Count, [Index(at)]));
        return LooseJson.Items(pod.Spec, "ephemeralContainers").Any() ? ([], "Ephemeral containers may mount it too.") : (edits.ToImmutable(), "");
    }

    // With EPC a container gets the device that makes enclaves, and nothing else that may be behind a path.
    private static bool IsGranted(JsonElement volume, JsonElement container) =>
        LintPod.HostPathOf(volume)?.TrimEnd('/') is "/dev/sgx_enclave" or "/dev/sgx/enclave"
        || LooseJson.Get(container, "resources", "limits", AccessResource.Provision) is not null;

    // Other reasons for privilege can be seen: the host's files, its processes, its network.
    private static (ImmutableArray<ManifestEdit>, string) Privilege(string path, LintPod pod)
    {
        const string place = ".securityContext.privileged";
        var container = pod.Containers.FirstOrDefault(container => container.Path + place == path);
        var isForSgxAlone = !pod.IsDevicePlugin
            && !LooseJson.IsTrue(pod.Spec, "hostNetwork") && !LooseJson.IsTrue(pod.Spec, "hostPID") && !LooseJson.IsTrue(pod.Spec, "hostIPC")
            && pod.Volumes.All(volume => LooseJson.Get(volume.Json, "hostPath") is null
                || (LintPod.HostPathOf(volume.Json) is { } host && (LintPod.IsSgxDevice(host) || host.TrimEnd('/') == PodNames.AesmDirectory)));
        if (container.Path is null || !isForSgxAlone || !pod.DeviceVolumes.Any()
            || !pod.DeviceVolumes.All(volume => IsGranted(volume.Json, container.Json)))
        {
            return ([], "What else the container needs its privilege for is not known.");
        }

        var isAlone = LooseJson.Count(LooseJson.Get(container.Json, "securityContext")) == 1;
        return ([new ManifestEdit(ManifestEditVerb.Remove, isAlone ? container.Path + ".securityContext" : path)], "");
    }

    // A list that would be empty goes as a whole.
    private static IEnumerable<ManifestEdit> Remove(string list, int count, IEnumerable<int> indexes)
    {
        var all = indexes.ToList();
        return all.Count == count && count > 0 ? [new ManifestEdit(ManifestEditVerb.Remove, list)]
            : all.Select(index => new ManifestEdit(ManifestEditVerb.Remove, PodPath.Item(list, index)));
    }

    private static int Index(string path) => int.Parse(path.AsSpan(path.LastIndexOf('[') + 1)[..^1], null);

    private static ResourceEntry? Entry(string path, LintPod pod)
    {
        foreach (var (container, at) in pod.Containers)
        {
            foreach (var map in (ReadOnlySpan<string>)["limits", "requests"])
            {
                foreach (var member in LooseJson.Members(LooseJson.Get(container, "resources", map)))
                {
                    if ($"{at}.resources.{map}['{member.Name}']" == path)
                    {
                        return new ResourceEntry(container, at, member.Name, member.Value);
                    }
                }
            }
        }

        return null;
    }

    private static IEnumerable<(JsonElement? Map, string Path)> Maps(ResourceEntry entry) =>
        ((string[])["limits", "requests"]).Select(map =>
            (LooseJson.Get(entry.Container, "resources", map), $"{entry.Path}.resources.{map}"));

    private sealed record ResourceEntry(JsonElement Container, string Path, string Name, JsonElement Value);
}
