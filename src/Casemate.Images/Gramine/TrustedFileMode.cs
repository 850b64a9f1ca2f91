namespace Casemate.Images.Gramine;

/// <summary>Which files of an image the enclave may read, each by its hash.</summary>
public enum TrustedFileMode
{
    /// <summary>What the program and its libraries need, and what is named.</summary>
    Minimal = 0,
    /// <summary>All files of the image but those of the system itself, of devices and of accounts.</summary>
    Full,
}
