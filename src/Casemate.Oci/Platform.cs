namespace Casemate.Oci;

/// <summary>What an image runs on. Source: OCI Image Format Specification 1.1, image-index.md, "platform".</summary>
/// <param name="Os">The operating system, as Go spells it: <c>linux</c>.</param>
/// <param name="Architecture">The processor, as Go spells it: <c>amd64</c>.</param>
/// <param name="Variant">A variant of the processor, such as <c>v8</c>; null where none is meant.</param>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>The platform that images are made for, and that is chosen from an index unless another is asked for.</summary>
    public static Platform LinuxAmd64 { get; } = new("linux", "amd64");

    /// <summary>True when an image for this platform serves where <paramref name="wanted"/> is asked for.</summary>
    public bool Serves(Platform wanted) =>
        Os == wanted.Os && Architecture == wanted.Architecture && (wanted.Variant is null || Variant is null || Variant == wanted.Variant);

    /// <summary>Reads <c>os/architecture</c> or <c>os/architecture/variant</c>.</summary>
    /// <exception cref="OciException"><see cref="OciError.Unsupported"/>: the text is something else.</exception>
    public static Platform Parse(string text) =>
        text.Split('/') switch
        {
            [{ Length: > 0 } os, { Length: > 0 } architecture] => new Platform(os, architecture),
            [{ Length: > 0 } os, { Length: > 0 } architecture, { Length: > 0 } variant] => new Platform(os, architecture, variant),
            _ => throw new OciException(OciError.Unsupported, $"'{Quoted.Of(text)}' is not a platform", "Write it as in linux/amd64."),
        };

    /// <inheritdoc/>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
