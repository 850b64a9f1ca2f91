namespace Casemate.Images.Closure;

/// <summary>Where the quotes of SGX enclaves are made. One process must use one of these.</summary>
public enum QuoteMode
{
    /// <summary>In another process, behind the AESM socket: the smaller image, without access to the provisioning key.</summary>
    OutOfProcess = 0,
    /// <summary>In the process itself, with Intel's quoting enclaves in the image.</summary>
    InProcess,
    /// <summary>Nowhere: the enclave makes no quotes.</summary>
    None,
}
