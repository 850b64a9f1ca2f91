using System.Collections.Immutable;
using Casemate.Images.Roots;

namespace Casemate.Cli.Image;

/// <summary>What is packed, with every path as it will be in the image.</summary>
/// <param name="Root">Where everything is.</param>
/// <param name="Program">The program.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record PackSource(IRootFileSystem Root, string Program, ImmutableArray<string> Arguments)
{
    /// <summary>The working directory unless another is asked for.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Patterns of further files.</summary>
    public ImmutableArray<string> Include { get; init; } = [];

    /// <summary>The enclaves.</summary>
    public ImmutableArray<string> Enclaves { get; init; } = [];

    /// <summary>Environment that it brings, before that of the user.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>Labels that it brings.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Whether it talks to services of the internet, whose certificates it must know.</summary>
    public bool NeedsCertificates { get; init; }
}
