using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <content>Requests as claims of Dynamic Resource Allocation.</content>
internal sealed partial class PodReview
{
    private const string ClaimPrefix = "casemate-";

    private readonly Dictionary<string, int> _nextNumbers = new(StringComparer.Ordinal);
    private HashSet<string>? _claimNames;

    private void Claim(ReviewedContainer container)
    {
        if (container.Bytes > 0)
        {
            var amount = RoundedUp(container.Bytes) / MiB;
            AddClaim(
                container, "epc", new ClaimTemplate(FormattableString.Invariant($"casemate-sgx-epc-{amount}mi"), "sgx-epc", amount),
                $"{EpcText.Of(container.Bytes)} of EPC become a claim, whose device makes enclaves.");
            RemoveNames(container, [.. ResourceFamily.All.Select(family => family.Name), AccessResource.Enclave, AccessResource.Scone]);
            RecordOriginal(container, container.Amounts);
        }
        else if (container.IsReadable && (container.Count(AccessResource.Enclave) > 0 || container.Count(AccessResource.Scone) > 0))
        {
            AddClaim(
                container, "enclave", new ClaimTemplate("casemate-sgx-enclave", "sgx-enclave", null),
                "The device that makes enclaves becomes a claim.");
            RemoveNames(container, [AccessResource.Enclave, AccessResource.Scone]);
        }

        if (container.Count(AccessResource.Provision) > 0 || (WantsProvision(container) && !HasOwnClaim(container, "provision-")))
        {
            AddClaim(
                container, "provision", new ClaimTemplate("casemate-sgx-provision", "sgx-provision", null),
                "The provisioning device becomes a claim.");
            RemoveNames(container, [AccessResource.Provision]);
        }
    }

    private static bool HasOwnClaim(ReviewedContainer container, string what) => PodShape.Items(container.Resources, "claims")
        .Any(claim => PodShape.Text(claim, "name")?.StartsWith(ClaimPrefix + what, StringComparison.Ordinal) is true);

    private void AddClaim(ReviewedContainer container, string what, ClaimTemplate template, string reason)
    {
        _claimNames ??= PodShape.Items(_spec, "resourceClaims").Select(claim => PodShape.Text(claim, "name")).OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        var number = _nextNumbers.GetValueOrDefault(what);
        string name;
        do
        {
            name = FormattableString.Invariant($"{ClaimPrefix}{what}-{number++}");
        }
        while (!_claimNames.Add(name));
        _nextNumbers[what] = number;

        if (!_templates.Contains(template))
        {
            _templates.Add(template);
        }

        _patch.Append(
            "/spec/resourceClaims", PodShape.Has(_spec, "resourceClaims"),
            $$"""{"name":"{{name}}","resourceClaimTemplateName":"{{template.Name}}"}""", ChangeId.ClaimAdded, reason);
        _patch.Make(container.Pointer + "/resources", container.Resources is not null, "{}", ChangeId.ClaimAdded);
        _patch.Append(
            container.Pointer + "/resources/claims", PodShape.Has(container.Resources, "claims"), $$"""{"name":"{{name}}"}""",
            ChangeId.ClaimAdded, $"The container uses the claim {name}.");
    }

    private void RemoveNames(ReviewedContainer container, IReadOnlyList<string> names)
    {
        foreach (var (map, pointer) in container.Maps)
        {
            foreach (var name in names.Where(name => map is { } members && members.TryGetProperty(name, out _)))
            {
                _patch.Remove(pointer, name, ChangeId.ClaimAdded, $"{name} is not published by nodes with DRA: the claim stands for it.");
            }
        }
    }
}
