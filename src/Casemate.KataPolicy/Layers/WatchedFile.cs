namespace Casemate.KataPolicy.Layers;

/// <summary>What a layer says about one path.</summary>
/// <param name="Path">The path without a leading slash, such as <c>etc/passwd</c>.</param>
/// <param name="State">What the layer says.</param>
/// <param name="Content">The content where the state is <see cref="WatchedFileState.Present"/>; empty otherwise.</param>
public sealed record WatchedFile(string Path, WatchedFileState State, ReadOnlyMemory<byte> Content)
{
    /// <summary>The largest content that is kept: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;
}
