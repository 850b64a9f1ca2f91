using System.Security.Cryptography.X509Certificates;

namespace Casemate.Testing.Registry;

/// <summary>How a registry of a test behaves.</summary>
public sealed record TestRegistryOptions
{
    /// <summary>Its certificate, for TLS; null: plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What it asks for.</summary>
    public TestRegistryAuth Auth { get; init; }

    /// <summary>Where its tokens are to be had; null: with itself.</summary>
    public string? Realm { get; init; }

    /// <summary>The users with their passwords; whoever is none of them may read, where tokens are asked for, if <see cref="AnonymousPull"/>.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();

    /// <summary>The identity tokens that it accepts.</summary>
    public IReadOnlySet<string> IdentityTokens { get; init; } = new HashSet<string>();

    /// <summary>Whether everybody gets a token for reading.</summary>
    public bool AnonymousPull { get; init; }

    /// <summary>How often each token is good; then it is refused.</summary>
    public int TokenUses { get; init; } = int.MaxValue;

    /// <summary>Whether it lists referrers; else the tag schema is what clients use.</summary>
    public bool HasReferrers { get; init; } = true;

    /// <summary>Whether it filters referrers when asked.</summary>
    public bool FiltersReferrers { get; init; } = true;

    /// <summary>How many tags, or referrers, a page holds.</summary>
    public int PageSize { get; init; } = 1_000;

    /// <summary>Whether blobs can be taken over from other repositories.</summary>
    public bool Mounts { get; init; } = true;

    /// <summary>The smallest piece that it says it takes; 0: it does not say.</summary>
    public int MinimumChunk { get; init; }

    /// <summary>The address that downloads of blobs are led to, with the digest behind it; null: it serves them itself.</summary>
    public string? BlobStorage { get; init; }

    /// <summary>The registry whose blobs this one serves under <c>/storage/</c>; null: none.</summary>
    public TestRegistry? StorageOf { get; init; }
}
