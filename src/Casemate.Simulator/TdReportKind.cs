namespace Casemate.Simulator;

/// <summary>The form of a TD report in a version 5 quote. Source: Intel DCAP, <c>sgx_quote_5.h</c>, body types.</summary>
public enum TdReportKind
{
    /// <summary>TD report 1.0, 584 bytes: body type 2, and the only form in version 4 quotes.</summary>
    V10 = 2,

    /// <summary>TD report 1.5, 648 bytes: body type 3; adds TEE_TCB_SVN2 and MRSERVICETD.</summary>
    V15 = 3,

    /// <summary>TD report 1.5 extended, 885 bytes: body type 4; adds the fields of migration and of the TD's origin.</summary>
    V15Ex = 4,
}
