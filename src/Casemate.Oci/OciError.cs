namespace Casemate.Oci;

/// <summary>Why work with an image failed. Closed: a new reason is a new member, and its name is public API.</summary>
public enum OciError
{
    /// <summary>Nothing failed.</summary>
    None = 0,
    /// <summary>The text is not an image reference, or not of the kind that is wanted here.</summary>
    InvalidReference,
    /// <summary>The text is not a digest of a supported algorithm.</summary>
    InvalidDigest,
    /// <summary>A manifest, index, configuration or other document is not what its specification asks for.</summary>
    MalformedDocument,
    /// <summary>A layer is not a well-formed tar archive, or holds something that must not be unpacked.</summary>
    MalformedLayer,
    /// <summary>Something is larger, longer or more numerous than the limit that is named.</summary>
    LimitExceeded,
    /// <summary>Bytes do not have the digest or the size that their descriptor promises.</summary>
    DigestMismatch,
    /// <summary>There is no such repository, image, manifest or blob.</summary>
    NotFound,
    /// <summary>The registry asks for credentials, or does not accept those that were given.</summary>
    Unauthorized,
    /// <summary>The registry knows who asks and does not allow it.</summary>
    Denied,
    /// <summary>The registry could not be reached, or broke off, and trying again did not help.</summary>
    Unavailable,
    /// <summary>The registry answered something that the distribution specification does not allow.</summary>
    UnexpectedResponse,
    /// <summary>A media type, compression or platform that is not supported.</summary>
    Unsupported,
    /// <summary>A file or directory cannot be read or written.</summary>
    Storage,
    /// <summary>A signature is missing, or none of those that are there is valid for what was asked.</summary>
    SignatureInvalid,
}
