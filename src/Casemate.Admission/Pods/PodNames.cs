namespace Casemate.Admission;

/// <summary>Names in pods that mean something here, beside those of resources.</summary>
public static class PodNames
{
    /// <summary>
    /// Intel's annotation: the container that makes quotes by itself, or <c>aesmd</c> for AESM. A list separated by commas is taken too.
    /// </summary>
    public const string QuoteProvider = "sgx.intel.com/quote-provider";

    /// <summary>The word in <see cref="QuoteProvider"/> for AESM; also the name of a sidecar that serves it.</summary>
    public const string Aesmd = "aesmd";

    /// <summary>Intel's annotation with the pod's EPC, which Kata reads.</summary>
    public const string EpcAnnotation = "sgx.intel.com/epc";

    /// <summary>Annotation of pods and namespaces: containers with EPC get <c>SGX_AESM_ADDR=1</c>. The value is <c>true</c>.</summary>
    public const string AesmAddress = "casemate.dev/sgx-aesm-addr";

    /// <summary>Prefix of the annotations that keep what a container had asked for; the name after it is the container's.</summary>
    public const string OriginalPrefix = "original-epc.casemate.dev/";

    /// <summary>The variable by which Intel's and Open Enclave's libraries use AESM.</summary>
    public const string AesmVariable = "SGX_AESM_ADDR";

    /// <summary>Where AESM's socket is looked for.</summary>
    public const string AesmDirectory = "/var/run/aesmd";

    /// <summary>The volume with AESM's socket, as Intel's webhook names it.</summary>
    public const string AesmVolume = "aesmd-socket";
}
