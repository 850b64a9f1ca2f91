namespace Casemate.KataPolicy;

/// <summary>
/// Capabilities of a process, each a set. A list that is one placeholder, <c>$(default_caps)</c> or <c>$(privileged_caps)</c>, stands for
/// the
/// list of that name in <see cref="CommonPolicy"/>.
/// </summary>
public sealed record CapabilitiesPolicy
{
    /// <summary>The bounding set.</summary>
    public IReadOnlyList<string> Bounding { get; init; } = ["$(default_caps)"];

    /// <summary>The effective set.</summary>
    public IReadOnlyList<string> Effective { get; init; } = ["$(default_caps)"];

    /// <summary>The inheritable set.</summary>
    public IReadOnlyList<string> Inheritable { get; init; } = [];

    /// <summary>The permitted set.</summary>
    public IReadOnlyList<string> Permitted { get; init; } = ["$(default_caps)"];

    /// <summary>The ambient set.</summary>
    public IReadOnlyList<string> Ambient { get; init; } = [];
}
