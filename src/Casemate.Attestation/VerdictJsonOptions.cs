namespace Casemate.Attestation;

/// <summary>What stands beside a verdict in its JSON form.</summary>
public sealed record VerdictJsonOptions
{
    /// <summary>The instant at which validity was judged.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Name of the policy that was applied; null when none was given, so that only the evidence itself was judged.</summary>
    public string? Policy { get; init; }

    /// <summary>
    /// Writes what identifies one machine (PPID, platform instance id, chip id). Default: false, as for logs and tokens; a person
    /// who inspects evidence wants them.
    /// </summary>
    public bool IncludeMachineIdentifiers { get; init; }
}
