namespace Casemate.Collateral;

/// <summary>The kinds of signed JSON documents of Intel's provisioning service.</summary>
internal enum DocumentKind
{
    /// <summary>TCB info of a platform.</summary>
    TcbInfo,

    /// <summary>Identity of a quoting enclave.</summary>
    QeIdentity,

    /// <summary>The generations that are kept up; verifies no evidence.</summary>
    TcbEvaluationNumbers,
}
