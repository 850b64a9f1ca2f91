namespace Casemate.Oci.Files;

/// <summary>A file's content in the scratch file; shared by all names of the file.</summary>
internal sealed record FileContent(long Offset, long Size, Digest Digest);
