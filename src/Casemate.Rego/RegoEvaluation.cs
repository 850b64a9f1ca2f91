namespace Casemate.Rego;

/// <summary>How one evaluation runs, and what of the world it may see.</summary>
public sealed record RegoEvaluation
{
    /// <summary>Nothing of the world, the default limits, neither prints nor traces.</summary>
    public static RegoEvaluation Default { get; } = new();

    /// <summary>Bounds on time, steps and memory.</summary>
    public RegoLimits Limits { get; init; } = RegoLimits.Default;

    /// <summary>True: an error of a built-in function ends the evaluation. False: its call is undefined.</summary>
    public bool StrictBuiltinErrors { get; init; }

    /// <summary>Whether what <c>print</c> says is collected.</summary>
    public bool CollectPrints { get; init; }

    /// <summary>Whether events are collected. Slower, and never on by itself.</summary>
    public bool Trace { get; init; }

    /// <summary>Notes which literals of the policy were reached; null: nobody asks. Slower, as a trace is.</summary>
    public RegoCoverage? Coverage { get; init; }

    /// <summary>What <c>time.now_ns</c> gives; null: the function fails.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>What random numbers and identifiers are drawn from; null: those functions fail.</summary>
    public long? Seed { get; init; }

    /// <summary>What <c>opa.runtime</c> gives.</summary>
    public RegoObject Runtime { get; init; } = RegoObject.Create([]);

    /// <summary>Ends the evaluation early; looked at every few thousand steps.</summary>
    public CancellationToken CancellationToken { get; init; }
}
