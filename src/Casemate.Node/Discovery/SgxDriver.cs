namespace Casemate.Node.Discovery;

/// <summary>The drivers of SGX, told apart by their device nodes.</summary>
public enum SgxDriver
{
    /// <summary>No device node that makes enclaves.</summary>
    None,

    /// <summary>In the kernel since 5.11: <c>/dev/sgx_enclave</c> and <c>/dev/sgx_provision</c>.</summary>
    InKernel,

    /// <summary>DCAP out of tree, later releases: <c>/dev/sgx/enclave</c> and <c>/dev/sgx/provision</c>.</summary>
    Dcap,

    /// <summary>DCAP out of tree, early releases: <c>/dev/sgx</c>, itself the device, and <c>/dev/sgx_prv</c>.</summary>
    DcapEarly,

    /// <summary>The legacy driver without flexible launch control: <c>/dev/isgx</c>.</summary>
    Isgx,

    /// <summary>Alibaba's guest driver: <c>/dev/gsgx</c>.</summary>
    Gsgx,
}
