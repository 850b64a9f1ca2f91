using System.Security.Cryptography.X509Certificates;

namespace Casemate.Oci.Registry;

/// <summary>How registries are talked to. Every wait and every size has an end; the defaults suit registries on the Internet.</summary>
public sealed record RegistryOptions
{
    /// <summary>Where credentials come from; null: every registry is asked as nobody in particular.</summary>
    public IRegistryCredentials? Credentials { get; init; }

    /// <summary>
    /// The registries, written as in references (<c>localhost:5000</c>), that may be spoken to without TLS. Whoever is on the way reads
    /// and changes everything, passwords included; content that is named by digest is still verified. Default: none.
    /// </summary>
    public IReadOnlySet<string> AllowPlainHttp { get; init; } = new HashSet<string>();

    /// <summary>The only certificate authorities that may vouch for a registry; null: those of the system. Not for a handler of one's
    /// own.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>What is read at most.</summary>
    public OciLimits Limits { get; init; } = OciLimits.Default;

    /// <summary>The clock: deadlines, and how long a token is good for.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How often something is tried before it is given up: 1 to 20, default 5. Progress starts the count again.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The wait before the second attempt; doubled for each further one, up to 10 s, less up to half by chance. Default 0.5
    /// s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait that a registry may ask for (<c>Retry-After</c>); one that asks for more is given up. Default 60
    /// s.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest wait for the head of an answer, and for a whole document such as a manifest. Default 60 s.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a blob's download may go without 16 KiB of progress; then the connection is given up and the download resumed on
    /// another. Default 30 s.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest time for sending one piece of an upload and hearing that it arrived. Default 10 min.</summary>
    public TimeSpan UploadTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The size of one piece of an upload in bytes, each held in memory while it is sent: 64 KiB to 64 MiB, default 8 MiB. A registry
    /// that asks for larger ones gets them, up to 64 MiB.
    /// </summary>
    public int ChunkBytes { get; init; } = 8 << 20;

    /// <summary>How many redirects one request may take. Default 5.</summary>
    public int MaxRedirects { get; init; } = 5;

    /// <summary>How many tags, or referrers, are listed at most. Default 100,000.</summary>
    public int MaxListed { get; init; } = 100_000;

    /// <summary>How a wait is waited; for tests, which do not wait.</summary>
    internal Func<TimeSpan, CancellationToken, Task>? Pause { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">One does not hold; the message says which.</exception>
    internal void Require()
    {
        if (MaxAttempts is < 1 or > 20)
        {
            throw new ArgumentException($"MaxAttempts is {MaxAttempts}: use 1 to 20.");
        }

        if (ChunkBytes is < 64 << 10 or > 64 << 20)
        {
            throw new ArgumentException($"ChunkBytes is {ChunkBytes}: use 65,536 to 67,108,864.");
        }

        if (MaxRedirects is < 0 or > 20 || MaxListed < 1)
        {
            throw new ArgumentException("MaxRedirects is 0 to 20, MaxListed at least 1.");
        }

        if (new[] { ResponseTimeout, StallTimeout, UploadTimeout }.Any(time => time <= TimeSpan.Zero || time > TimeSpan.FromDays(1))
            || RetryDelay < TimeSpan.Zero || MaxRetryAfter < TimeSpan.Zero)
        {
            throw new ArgumentException("Timeouts are longer than nothing and no longer than a day.");
        }
    }
}
