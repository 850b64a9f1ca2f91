namespace Casemate.Oci.Files;

/// <summary>What becomes of devices and pipes when an image is unpacked. They are never made.</summary>
public enum SpecialFileTreatment
{
    /// <summary>The image is refused.</summary>
    Refuse = 0,
    /// <summary>They are left out, and listed.</summary>
    Skip,
}
