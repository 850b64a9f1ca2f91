namespace Casemate.Measurement.Snp;

/// <summary>A range of guest memory that the VMM prepares before the guest runs, in whole pages below 4 GiB.</summary>
/// <param name="Gpa">Its guest physical address.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Type">What it is for.</param>
public readonly record struct SevMetadataSection(uint Gpa, uint Size, SevSectionType Type);
