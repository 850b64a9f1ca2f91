namespace Casemate.KataPolicy;

/// <summary>Whom a process runs as.</summary>
/// <param name="Uid">The user.</param>
/// <param name="Gid">The group.</param>
public sealed record UserPolicy(uint Uid = 0, uint Gid = 0)
{
    /// <summary>Further groups; a set, compared without order.</summary>
    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];

    /// <summary>Always empty in requests.</summary>
    public string Username { get; init; } = "";
}
