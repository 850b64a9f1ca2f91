using System.Diagnostics.CodeAnalysis;

namespace Casemate.Oci;

/// <summary>
/// The name of an image in a registry: <c>registry/repository[:tag][@digest]</c>. Short names mean Docker's registry, as everywhere.
/// Sources: OCI Distribution Specification 1.1, "Pulling manifests"; the reference grammar of the distribution project.
/// </summary>
public sealed record ImageReference
{
    /// <summary>The registry of names that name none.</summary>
    internal const string DockerRegistry = "docker.io";

    private const int MaxRepositoryLength = 255;

    private ImageReference(string registry, string repository, string? tag, Digest? digest)
    {
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>The registry's host and, if one was given, port: <c>docker.io</c>, <c>registry.example:5000</c>.</summary>
    public string Registry { get; }

    /// <summary>The repository: <c>library/debian</c>.</summary>
    public string Repository { get; }

    /// <summary>The tag; null when none was given. See <see cref="TagOrDigest"/>.</summary>
    public string? Tag { get; }

    /// <summary>The digest of the manifest or index; null when none was given.</summary>
    public Digest? Digest { get; }

    /// <summary>What names the manifest in a request: the digest if there is one, else the tag, else <c>latest</c>.</summary>
    public string TagOrDigest => Digest?.Text ?? Tag ?? "latest";

    /// <summary>The same image, named by its digest alone.</summary>
    public ImageReference At(Digest digest) => new(Registry, Repository, null, digest);

    /// <summary>The same repository with a tag.</summary>
    /// <exception cref="OciException"><see cref="OciError.InvalidReference"/>: the text is not a tag.</exception>
    public ImageReference WithTag(string tag) =>
        IsTag(tag) ? new(Registry, Repository, tag, null) : throw new OciException(OciError.InvalidReference, $"'{Quoted.Of(tag)}' is not a tag");

    /// <summary>Reads a reference.</summary>
    /// <exception cref="OciException"><see cref="OciError.InvalidReference"/>: the text is none; the message says why.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out var reference, out var problem)
            ? reference
            : throw new OciException(OciError.InvalidReference, $"'{Quoted.Of(text)}' is not an image reference: {problem}");

    /// <summary>Reads a reference.</summary>
    /// <param name="text">Such as <c>debian</c>, <c>registry.example:5000/team/app:1.2</c> or <c>app@sha256:…</c>.</param>
    /// <param name="reference">The reference; null when the text is none.</param>
    /// <param name="problem">What is wrong with the text; null after success.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = null;
        if (string.IsNullOrEmpty(text) || text.Length > 1024)
        {
            problem = string.IsNullOrEmpty(text) ? "it is empty" : "it is longer than 1,024 characters";
            return false;
        }

        var rest = text;
        Digest? digest = null;
        if (rest.IndexOf('@') is >= 0 and var at)
        {
            if (!Digest.TryParse(rest[(at + 1)..], out digest))
            {
                problem = "what follows '@' is not a digest (sha256: and 64 hexadecimal digits in lower case)";
                return false;
            }

            rest = rest[..at];
        }

        // A colon after the last slash starts the tag; one before it belongs to the registry's port.
        string? tag = null;
        if (rest.LastIndexOf(':') is >= 0 and var colon && colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!IsTag(tag))
            {
                problem = "what follows the last ':' is not a tag (up to 128 letters, digits, '_', '.', '-')";
                return false;
            }
        }

        var (registry, repository) = Split(rest);
        problem = ProblemOfRegistry(registry) ?? ProblemOfRepository(repository);
        if (problem is not null)
        {
            return false;
        }

        reference = new ImageReference(registry, repository, tag, digest);
        return true;
    }

    /// <summary>The canonical text, with registry and repository in full.</summary>
    public override string ToString() =>
        $"{Registry}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    // The first part is a registry when it cannot be part of a repository's path: it has a dot or a port, or is localhost.
    private static (string Registry, string Repository) Split(string name)
    {
        var slash = name.IndexOf('/');
        var first = slash < 0 ? "" : name[..slash];
        if (slash >= 0 && (first.AsSpan().ContainsAny('.', ':') || first == "localhost" || first.AsSpan().ContainsAnyInRange('A', 'Z')))
        {
            var registry = first == "index.docker.io" ? DockerRegistry : first;
            var path = name[(slash + 1)..];
            return (registry, registry == DockerRegistry && !path.Contains('/') ? "library/" + path : path);
        }

        return (DockerRegistry, slash < 0 ? "library/" + name : name);
    }

    private static string? ProblemOfRegistry(string registry)
    {
        var host = registry;
        if (registry.StartsWith('[') && registry.IndexOf(']') is > 0 and var end)
        {
            host = registry[..(end + 1)];
            if (!System.Net.IPAddress.TryParse(host, out _))
            {
                return "the registry is not an IPv6 address";
            }
        }
        else
        {
            host = registry.Split(':')[0];
            if (host.Length is 0 or > 253 || host.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")
                || host.Split('.').Any(label => label.Length is 0 or > 63 || label.StartsWith('-') || label.EndsWith('-')))
            {
                return "the registry is not a host name";
            }
        }

        var port = registry.AsSpan(host.Length);
        return port.IsEmpty || (port[0] == ':' && ushort.TryParse(port[1..], System.Globalization.NumberStyles.None, null, out var number) && number > 0)
            ? null
            : "the registry's port is not a number from 1 to 65535";
    }

    private static string? ProblemOfRepository(string repository)
    {
        if (repository.Length is 0 or > MaxRepositoryLength)
        {
            return repository.Length == 0 ? "it names no repository" : $"the repository is longer than {MaxRepositoryLength} characters";
        }

        if (repository.AsSpan().ContainsAnyInRange('A', 'Z'))
        {
            return "the repository has capital letters; it must be in lower case";
        }

        return repository.Split('/').All(IsPathComponent) ? null : "the repository may hold lower-case letters, digits and single '.', '_', '-' between them";
    }

    // Letters and digits, separated by one dot, one or two underscores, or any number of dashes.
    private static bool IsPathComponent(string component)
    {
        var separator = "";
        var before = false;
        foreach (var c in component)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                if (separator.Length > 0 && !(separator is "." or "_" or "__" || separator.AsSpan().TrimStart('-').IsEmpty))
                {
                    return false;
                }

                separator = "";
                before = true;
            }
            else if (c is '.' or '_' or '-' && before)
            {
                separator += c;
            }
            else
            {
                return false;
            }
        }

        return before && separator.Length == 0;
    }

    private static bool IsTag(string tag) =>
        tag.Length is > 0 and <= 128 && tag[0] is not ('.' or '-')
        && !tag.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
}
