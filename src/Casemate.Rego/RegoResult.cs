namespace Casemate.Rego;

/// <summary>The outcome of one evaluation.</summary>
public sealed class RegoResult
{
    /// <summary>Why there is no result; null when the query was answered, even if the answer is "undefined".</summary>
    public RegoError? Error { get; internal init; }

    /// <summary>One object per solution, from the names of the query's variables to values. Empty: undefined.</summary>
    public IReadOnlyList<RegoObject> Bindings { get; internal init; } = [];

    /// <summary>For a query that is a single term: its first value; null when undefined.</summary>
    public RegoValue? Value { get; internal init; }

    /// <summary>Whether the query has a solution.</summary>
    public bool IsDefined => Error is null && Bindings.Count > 0;

    /// <summary>Whether the query is a single term, it has exactly one solution, and that is <c>true</c>.</summary>
    public bool IsTrue => IsDefined && Bindings.Count == 1 && Value is RegoBoolean { Value: true };

    /// <summary>What <c>print</c> said, in order.</summary>
    public IReadOnlyList<string> Prints { get; internal init; } = [];

    /// <summary>The events, when they were asked for.</summary>
    public IReadOnlyList<RegoTraceEvent> Trace { get; internal init; } = [];

    /// <summary>What it cost.</summary>
    public RegoStatistics Statistics { get; internal init; }
}
