using System.Collections.Immutable;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>How pods are completed and judged.</summary>
public sealed record AdmissionSettings
{
    /// <summary>The defaults.</summary>
    public static readonly AdmissionSettings Default = new();

    /// <summary>The name that every request is translated to; null: the one that the reachable nodes publish. Default null.</summary>
    public ResourceFamily? Family { get; init; }

    /// <summary>What a request for EPC becomes. Default <see cref="EpcBackEnd.Resource"/>.</summary>
    public EpcBackEnd BackEnd { get; init; }

    /// <summary>How the quote helper's socket gets into containers. Default <see cref="AesmMount.Allocation"/>.</summary>
    public AesmMount Aesm { get; init; }

    /// <summary>
    /// Who may have the provisioning device: <c>*</c>, a namespace, or <c>NAMESPACE/SERVICEACCOUNT</c>. Default <c>*</c>. Empty: nobody.
    /// </summary>
    public ImmutableArray<string> ProvisionAllowed { get; init; } = ["*"];

    /// <summary>Findings that refuse the pod instead of warning. Default: none; those that always refuse do so anyway.</summary>
    public ImmutableHashSet<AdmissionFindingId> Denied { get; init; } = [];

    /// <summary>Decides and reports, and neither changes nor refuses anything. Default false.</summary>
    public bool AuditOnly { get; init; }

    /// <summary>Everything that is wrong with the settings, each with what to write instead; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var allowed in ProvisionAllowed.IsDefault ? [] : ProvisionAllowed)
        {
            var parts = allowed.Split('/');
            if (allowed != "*" && (parts.Length > 2 || parts.Any(part => !IsName(part))))
            {
                yield return $"ProvisionAllowed has '{allowed}': write *, NAMESPACE or NAMESPACE/SERVICEACCOUNT.";
            }
        }

        if (BackEnd is EpcBackEnd.Claim && Family is not null)
        {
            yield return "Family is given and BackEnd is Claim: a claim has no resource name. Leave one of the two out.";
        }
    }

    internal bool MayProvision(string namespaceName, string serviceAccount) => !ProvisionAllowed.IsDefault
        && ProvisionAllowed.Any(allowed => allowed == "*" || allowed == namespaceName || allowed == $"{namespaceName}/{serviceAccount}");

    private static bool IsName(string text) => text.Length is > 0 and <= 253
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');
}
