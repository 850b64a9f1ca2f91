using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Primitives.Text;

namespace Casemate.Admission;

/// <content>What the pod's author should know.</content>
internal sealed partial class PodReview
{
    private static readonly string[] KnownNames = [.. ResourceFamily.All.Select(family => family.Name), .. AccessResource.All];

    private void Lint()
    {
        foreach (var container in _containers)
        {
            LintAmounts(container);
            LintAccess(container);
            LintNames(container);
            LintEnvironment(container);
            LintProvision(container);
            if (container.Bytes > 0)
            {
                Agree(container, TargetOfOrBytes(container));
                LintPrivilege(container);
            }
        }

        foreach (var container in _ephemeral.Where(container => SgxNamesOf(container).Count > 0))
        {
            Find(
                AdmissionFindingId.EphemeralResources, container.Place + ".resources",
                "Kubernetes refuses resources of ephemeral containers.",
                "Take them away: an ephemeral container has no EPC of its own.");
        }

        LintPod();
    }

    private ResourceFamily TargetOfOrBytes(ReviewedContainer container) =>
        _settings.BackEnd is EpcBackEnd.Claim ? ResourceFamily.Azure : TargetOf(container);

    private void LintAmounts(ReviewedContainer container)
    {
        // One warning for an amount that stands in limits and requests alike.
        foreach (var amount in container.Amounts.DistinctBy(amount => (amount.Family, amount.Text)))
        {
            var place = Place(container, amount.InLimits, amount.Family.Name);
            if (amount.Family.Unit is EpcUnit.Byte && amount.Bytes % 4096 != 0)
            {
                Find(
                    AdmissionFindingId.AmountInBytes, place,
                    $"{Shown(amount.Text)} means {EpcText.Of(amount.Bytes)}, which is no whole number of pages of 4,096 bytes.",
                    amount.Quantity <= 1 << 20 && amount.Text.All(char.IsAsciiDigit)
                        ? $"If MiB were meant, write {amount.Text}Mi." : "Write a multiple of 4Ki, such as 64Mi.");
            }
            else if (amount.Family.Unit is EpcUnit.MiB && !amount.Text.All(char.IsAsciiDigit))
            {
                Find(
                    AdmissionFindingId.AmountWithSuffix, place,
                    $"{amount.Family.Name} counts MiB, so {Shown(amount.Text)} means {EpcText.Number(amount.Quantity)} MiB.",
                    "Write the MiB alone, such as 10.");
            }
        }
    }

    // Of an extended resource the request equals the limit, or the API server refuses the pod (core/validation).
    private void LintAccess(ReviewedContainer container)
    {
        if (container.Limits is not { } limits || container.Requests is not { } requests)
        {
            return;
        }

        foreach (var name in KnownNames)
        {
            if (limits.TryGetProperty(name, out var limit) && requests.TryGetProperty(name, out var request)
                && Quantity.TryReadWhole(PodShape.Amount(limit), out var most) && Quantity.TryReadWhole(PodShape.Amount(request), out var asked)
                && most != asked && (most == 0 || asked == 0 || AccessResource.All.Contains(name)))
            {
                Find(
                    AdmissionFindingId.AmountsDiffer, Place(container, inLimits: true, name),
                    $"{name} is {Shown(PodShape.Amount(limit)!)} in limits and {Shown(PodShape.Amount(request)!)} in requests.",
                    "Kubernetes refuses a pod where they differ: make them equal.", denies: true);
            }
        }
    }

    private void LintNames(ReviewedContainer container)
    {
        foreach (var (name, inLimits) in SgxNamesOf(container).Where(one => !KnownNames.Contains(one.Name)))
        {
            var nearest = NearestOf(name);
            Find(
                AdmissionFindingId.UnknownResource, Place(container, inLimits, name),
                $"'{Shown(name)}' is no resource that nodes offer.",
                nearest is null ? $"Known names are {string.Join(", ", KnownNames)}." : $"Did you mean {nearest}?");
        }
    }

    /// <summary>The name of a resource that somebody most likely meant; null when none is near.</summary>
    internal static string? NearestOf(string name) => NearestName.Find(name, KnownNames) ?? GuessOf(name);

    /// <summary>Whether a name can only be one of ours, misspelt: other makers have names of their own that look like it.</summary>
    internal static bool IsOfKnownMaker(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 || KnownNames.Any(known => known.StartsWith(name[..(slash + 1)], StringComparison.OrdinalIgnoreCase));
    }

    // Both halves of a name are mixed up more often than letters are.
    private static string? GuessOf(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant() switch
    {
        "sgx_epc_mem_in_mib" or "epc_mem_in_mib" => ResourceFamily.Azure.Name,
        "sgx_epc_mib" => ResourceFamily.OpenEnclave.Name,
        _ => null,
    };

    private void LintEnvironment(ReviewedContainer container)
    {
        if (!container.AesmAddresses.Any(IsNoText))
        {
            return;
        }

        foreach (var (entry, index) in PodShape.Items(container.Json, "env").Select((entry, index) => (entry, index)))
        {
            if (PodShape.Text(entry, "name") == PodNames.AesmVariable && IsNoText(entry))
            {
                Find(
                    AdmissionFindingId.ValueNotText, FormattableString.Invariant($"{container.Place}.env[{index}].value"),
                    $"{Shown(entry.GetProperty("value").GetRawText())} is no text, and Kubernetes refuses the pod.",
                    "Put it in quotes: value: \"1\".");
            }
        }
    }

    private static bool IsNoText(JsonElement entry) =>
        entry.TryGetProperty("value", out var value) && value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null);

    private void LintProvision(ReviewedContainer container)
    {
        // The older name counts where the newer one is empty, as it does for the API server (core/v1, conversion of PodSpec).
        var account = PodShape.Text(_spec, "serviceAccountName") is { Length: > 0 } named ? named
            : PodShape.Text(_spec, "serviceAccount") is { Length: > 0 } alias ? alias : "default";
        if (GetsProvision(container) && !_settings.MayProvision(_namespace.Name, account))
        {
            Find(
                AdmissionFindingId.ProvisionNotAllowed, container.Place,
                $"{AccessResource.Provision} lets a container tell which machine it is on, and service account {Shown(account)} of "
                    + $"namespace {Shown(_namespace.Name)} may not have it.",
                "Quote through the quote helper, or allow the account (--provision-allow).", denies: true);
        }
    }

    private void LintPrivilege(ReviewedContainer container)
    {
        if (PodShape.Truth(PodShape.Object(container.Json, "securityContext"), "privileged") is true)
        {
            Find(
                AdmissionFindingId.Privileged, container.Place + ".securityContext.privileged",
                "A privileged container has every device of its node: the one that it asks for is not what it gets.",
                "Leave privileged out: the device comes with the resource.");
        }
    }

    private void LintPod()
    {
        foreach (var (volume, index) in PodShape.Items(_spec, "volumes").Select((volume, index) => (volume, index)))
        {
            if (PodShape.Text(PodShape.Object(volume, "hostPath"), "path") is { } path && IsSgxDevice(path))
            {
                Find(
                    AdmissionFindingId.HostDevice, FormattableString.Invariant($"spec.volumes[{index}].hostPath"),
                    $"{Shown(path)} of the host is mounted, which needs a privileged container and is not counted.",
                    $"Drop the volume, its mounts and privileged, and ask for EPC: {ResourceFamily.Intel.Name}: 10Mi.");
            }
        }

        LintProviders();
        if (_bytes == 0)
        {
            return;
        }

        if (PodShape.Truth(_spec, "hostUsers") is false)
        {
            Find(
                AdmissionFindingId.UserNamespace, "spec.hostUsers", "In a user namespace the enclave device belongs to nobody.",
                "Leave hostUsers out, unless the device may be opened by all on the nodes.");
        }

        if (_knowsNodes && _settings.BackEnd is EpcBackEnd.Resource)
        {
            LintPlacement();
        }

        if (!HasSidecar && _containers.Any(QuotesByAesm) && _offers.Length > 0 && _offers.All(node => node.HasQuoteHelper is false))
        {
            Find(
                AdmissionFindingId.QuotesWithoutHelper, "spec",
                "The pod quotes through AESM, and no quote helper runs on the nodes that it can reach.",
                "Run 'casemate quote-helper' on them.");
        }
    }

    private void LintPlacement()
    {
        if (_offers.IsEmpty)
        {
            Find(
                AdmissionFindingId.NoNodeOffers, "spec", "No node that the pod can reach offers EPC: it stays Pending.",
                _reachable.IsEmpty ? "Look at nodeName, nodeSelector and node affinity." : "Run 'casemate node' on nodes with SGX.");
            return;
        }

        var largest = _offers.Max(node => node.EpcBytes);
        if (_bytes > largest)
        {
            Find(
                AdmissionFindingId.LargerThanNodes, "spec",
                $"The pod needs {EpcText.Of(_bytes)} of EPC, and the largest node that it can reach has {EpcText.Of(largest)}: it stays "
                    + "Pending.",
                "Ask for less, or add larger nodes.");
        }
    }

    private void LintProviders()
    {
        foreach (var provider in _providers.Where(provider => provider != PodNames.Aesmd).Order(StringComparer.Ordinal))
        {
            if (!_containers.Any(container => container.Name == provider && WantsProvision(container)))
            {
                Find(
                    AdmissionFindingId.UnknownQuoteProvider, $"metadata.annotations['{PodNames.QuoteProvider}']",
                    $"'{Shown(provider)}' is no container of this pod that uses EPC.",
                    $"Name a container that makes quotes by itself, or {PodNames.Aesmd} for the quote helper.");
            }
        }
    }

    private static bool IsSgxDevice(string path) =>
        path.StartsWith("/dev/sgx", StringComparison.Ordinal) || path is "/dev/isgx" or "/dev/gsgx";

    /// <summary>The names of resources that look like ones of SGX, each once, and whether they stand in the limits.</summary>
    private static List<(string Name, bool InLimits)> SgxNamesOf(ReviewedContainer container)
    {
        var names = new List<(string Name, bool InLimits)>();
        HashSet<string>? seen = null;                                      // only when there is more than one
        for (var i = 0; i < 2; i++)
        {
            if ((i == 0 ? container.Limits : container.Requests) is not { } members)
            {
                continue;
            }

            foreach (var member in members.EnumerateObject())
            {
                if (member.Name is var name && LooksLikeSgx(name) && (names.Count == 0 || (seen ??= [names[0].Name]).Add(name)))
                {
                    names.Add((name, i == 0));
                }
            }
        }

        return names;
    }

    internal static bool LooksLikeSgx(string name) =>
        name.Contains("sgx", StringComparison.OrdinalIgnoreCase) || HasWord(name, "epc");

    // Not inside another word, as in 'deepcopy'.
    private static bool HasWord(string name, string word)
    {
        for (var at = name.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0;
            at = name.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + word.Length;
            if ((at == 0 || !char.IsAsciiLetter(name[at - 1])) && (end == name.Length || !char.IsAsciiLetter(name[end])))
            {
                return true;
            }
        }

        return false;
    }
}
