using System.Collections.Immutable;

namespace Casemate.KataPolicy.Manifests;

/// <summary>How manifests are read.</summary>
public sealed record ManifestOptions
{
    /// <summary>The defaults: every workload, unknown fields that may reach the guest refused.</summary>
    public static ManifestOptions Default { get; } = new();

    /// <summary>
    /// Beginnings of <c>runtimeClassName</c>: only pods with such a class get a policy, all others pass through. Empty: every workload.
    /// </summary>
    public ImmutableArray<string> RuntimeClassNames { get; init; } = [];

    /// <summary>True to make policies without regard to unknown fields that may reach the guest: warnings instead of errors.</summary>
    public bool IgnoreUnknownFields { get; init; }
}
