using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Kubernetes;

/// <summary>Bounds of a client. Every size is in bytes.</summary>
public sealed record KubeClientOptions
{
    /// <summary>The defaults.</summary>
    public static readonly KubeClientOptions Default = new();

    /// <summary>
    /// Who says what it changes (server-side apply, <c>managedFields</c>). 1 to 128 printable characters, default <c>casemate</c>.
    /// </summary>
    public string FieldManager { get; init; } = "casemate";

    /// <summary>How long one attempt may take. Default 30 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may take with all its attempts. Default 90 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How often a request is tried. 1 to 20, default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The wait before the second attempt; it doubles each time, with jitter. Default 200 ms.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between attempts; a server that asks for more is told to the caller. Default 15 s.</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The largest page of a list. Default 64 MiB.</summary>
    public int MaxListBytes { get; init; } = 64 << 20;

    /// <summary>The largest list with all its pages. Default 512 MiB.</summary>
    public long MaxWholeListBytes { get; init; } = 512L << 20;

    /// <summary>The largest object. Default 3 MiB, the server's own limit.</summary>
    public int MaxObjectBytes { get; init; } = 3 << 20;

    /// <summary>The largest event of a watch. Default 4 MiB.</summary>
    public int MaxEventBytes { get; init; } = 4 << 20;

    /// <summary>After how long the server is asked to end a watch. Default 5 minutes.</summary>
    public TimeSpan WatchDuration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where retries and failures are told; never a token.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>
    /// Told each warning that the server sends with an answer: old API versions, fields that nobody knows, remarks of admission webhooks.
    /// At most 600 printable characters. Null: they are logged alone.
    /// </summary>
    public Action<string>? Warned { get; init; }

    /// <summary>
    /// Told the instant that the server puts on each answer it gives (the header <c>Date</c>, whole seconds): what the server's clock says.
    /// Null: nobody asks.
    /// </summary>
    public Action<DateTimeOffset>? Dated { get; init; }
}
