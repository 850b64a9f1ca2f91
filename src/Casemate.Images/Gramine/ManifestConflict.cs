namespace Casemate.Images.Gramine;

/// <summary>A setting that an overlay replaced.</summary>
/// <param name="Key">The setting, with dots.</param>
/// <param name="Generated">The value that was generated, as TOML.</param>
/// <param name="Overlay">The value of the overlay, which counts.</param>
public sealed record ManifestConflict(string Key, string Generated, string Overlay);
