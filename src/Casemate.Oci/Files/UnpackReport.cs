namespace Casemate.Oci.Files;

/// <summary>What unpacking an image did otherwise than the image says.</summary>
/// <param name="Skipped">Paths of devices and pipes that were left out.</param>
/// <param name="RewrittenLinks">Paths of links that were written otherwise, so that they stay inside.</param>
/// <param name="Bytes">The bytes that were written to files.</param>
public sealed record UnpackReport(IReadOnlyList<string> Skipped, IReadOnlyList<string> RewrittenLinks, long Bytes);
