namespace Casemate.Admission;

/// <summary>
/// Mistakes of the guides by which the first SGX clusters of 2019 and 2020 were made, and which live on in copies. Closed; the names are
/// public API and are never given a second meaning.
/// </summary>
public enum GuideRule
{
    /// <summary>An AKS-Engine model of version <c>v1labs</c>, which never was.</summary>
    GL01 = 1,

    /// <summary>A version of Kubernetes that nobody supports any more.</summary>
    GL02,

    /// <summary>A blank DNS prefix, SSH key, client id or secret in a model.</summary>
    GL03,

    /// <summary>The output of <c>az</c> is used as an object, and is text.</summary>
    GL04,

    /// <summary>A variable that was never set, or <c>${a.b}</c>, which is no access to a property.</summary>
    GL05,

    /// <summary>A line that ends after <c>--scopes</c>.</summary>
    GL06,

    /// <summary>A wait for the registration of a feature that fails while it is pending, and never ends.</summary>
    GL07,

    /// <summary>Errors are trapped at the end of a script, or logged with a function that is not there.</summary>
    GL08,

    /// <summary>A privileged pod with the host's SGX device, on any node.</summary>
    GL09,

    /// <summary>A node selector without the lines that belong under it.</summary>
    GL10,

    /// <summary>A Deployment whose pods shall not be restarted.</summary>
    GL11,

    /// <summary>A sample whose command is the device plugin.</summary>
    GL12,

    /// <summary>A program that ends, as a Pod or a Deployment.</summary>
    GL13,

    /// <summary>An address of AKS-Engine with a letter missing.</summary>
    GL14,

    /// <summary>A host of LLVM's packages with two letters changed.</summary>
    GL15,

    /// <summary>Libraries copied by hand into an image of Ubuntu 16.04.</summary>
    GL16,

    /// <summary>Labels or taints put on nodes by hand.</summary>
    GL17,

    /// <summary>Several names for EPC in one file.</summary>
    GL18,

    /// <summary>A privileged device plugin.</summary>
    GL19,

    /// <summary>A directory that is handed to containers as a device.</summary>
    GL20,

    /// <summary>The secret of a service principal on a command line.</summary>
    GL21,
}
