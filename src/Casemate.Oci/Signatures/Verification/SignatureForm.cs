namespace Casemate.Oci.Signatures;

/// <summary>The forms in which signatures of images are kept. Closed; names are public API and appear in JSON.</summary>
public enum SignatureForm
{
    /// <summary>A simple signature in the image that a tag <c>sha256-….sig</c> names, or that refers to the signed one.</summary>
    Cosign = 1,
    /// <summary>A sigstore bundle, in a manifest that refers to the signed one, or in a file.</summary>
    Bundle,
}
