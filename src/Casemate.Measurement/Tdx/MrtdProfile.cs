namespace Casemate.Measurement.Tdx;

/// <summary>In which order a VMM adds and measures the pages of a firmware, and which of them. Each order gives another MRTD.</summary>
public enum MrtdProfile
{
    /// <summary>
    /// Section by section, each page added and then measured: QEMU and Cloud Hypervisor on kernels that add memory with
    /// KVM_TDX_INIT_MEM_REGION, as Linux 6.16 has it.
    /// </summary>
    PageByPage = 0,

    /// <summary>
    /// Section by section, all pages of a section added and then measured: QEMU on the Intel and Canonical kernels of 2024.
    /// </summary>
    SectionBySection,

    /// <summary>All pages of all sections added, then all measured.</summary>
    AllAddedFirst,

    /// <summary>Google Compute Engine: page by page; temporary memory is not added.</summary>
    GoogleComputeEngine,

    /// <summary>
    /// Google Compute Engine at first: page by page, and the content of every section is measured, the hand-off block included.
    /// </summary>
    GoogleComputeEngineMeasuringAll,
}
