namespace Casemate.Kubernetes;

/// <summary>Which part of a container's output is read, and how much of it at most.</summary>
public sealed record KubeLogOptions
{
    /// <summary>The defaults.</summary>
    public static readonly KubeLogOptions Default = new();

    /// <summary>The container; null where the pod has but one. Default null.</summary>
    public string? Container { get; init; }

    /// <summary>The container before its last restart. Default false.</summary>
    public bool Previous { get; init; }

    /// <summary>Go on until the container ends. Default false.</summary>
    public bool Follow { get; init; }

    /// <summary>Each line begins with the time at which it was written. Default false.</summary>
    public bool Timestamps { get; init; }

    /// <summary>The last lines only; null: all. Default null.</summary>
    public int? TailLines { get; init; }

    /// <summary>What is not older than this only; null: all. Default null.</summary>
    public TimeSpan? Since { get; init; }

    /// <summary>The most bytes that are read; the output ends there, which <see cref="Truncated"/> tells. Default 4 MiB.</summary>
    public long MaxBytes { get; init; } = 4L << 20;

    /// <summary>The longest line; a longer one comes in pieces of this size. Default 64 KiB.</summary>
    public int MaxLineBytes { get; init; } = 64 << 10;

    /// <summary>Told once when the output was cut at <see cref="MaxBytes"/>. Default null.</summary>
    public Action? Truncated { get; init; }
}
