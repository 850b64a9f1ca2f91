namespace Casemate.Images.Gramine;

/// <summary>Why an image is not turned into a Gramine-based one. Closed: a new reason is a new member, and its name is public
/// API.</summary>
public enum EnclaveImageError
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,
    /// <summary>The image's configuration has neither entrypoint nor command, so nothing says what is to run.</summary>
    NoCommand,
    /// <summary>The program, or something that it needs, is not in the image; the findings name it.</summary>
    Incomplete,
    /// <summary>Gramine's files are not all there, or its loader cannot run in the image.</summary>
    RuntimeIncomplete,
    /// <summary>A setting, or the image's configuration, makes no sense for an enclave; the message says which.</summary>
    InvalidSetting,
    /// <summary>The manifest overlay is malformed or contradicts the image in a way that no order of merging solves.</summary>
    InvalidOverlay,
    /// <summary>The manifest would leave to the host what no measurement shows, and that was not allowed.</summary>
    InsecureManifest,
    /// <summary>The name of a trusted file is not UTF-8 or has characters that a manifest cannot carry.</summary>
    UnusableName,
    /// <summary>The image is not one that can be converted: another platform, or Gramine's place in it is taken.</summary>
    UnsuitableImage,
    /// <summary>There are more trusted files, or a longer manifest, than is accepted.</summary>
    LimitExceeded,
    /// <summary>The enclave that was signed is not the one in the image.</summary>
    MeasurementMismatch,
}
