namespace Casemate.Rego;

/// <summary>Bounds on one evaluation. Exceeding one ends the evaluation with an error of its own.</summary>
public sealed record RegoLimits
{
    /// <summary>The bounds that apply unless the caller says otherwise.</summary>
    public static RegoLimits Default { get; } = new();

    /// <summary>The most steps: literals tried, members visited, functions called. Default 50 million.</summary>
    public long Steps { get; init; } = 50_000_000;

    /// <summary>The most wall-clock time. Default 5 seconds; looked at every few thousand steps.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most memory that values made by one evaluation may take together, in bytes. Default 256 MiB.</summary>
    public long MemoryBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>The deepest nesting of rules and functions. Default 1024.</summary>
    public int CallDepth { get; init; } = 1024;

    /// <summary>The most members of one collection that a built-in function makes. Default 1 million.</summary>
    public int CollectionItems { get; init; } = 1_000_000;

    /// <summary>The longest text that a built-in function makes, in UTF-16 units. Default 16 Mi.</summary>
    public int TextLength { get; init; } = 16 * 1024 * 1024;
}
