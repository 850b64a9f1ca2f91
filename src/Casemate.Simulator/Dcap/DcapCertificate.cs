namespace Casemate.Simulator.Dcap;

/// <summary>The certificates below the simulated SGX root.</summary>
public enum DcapCertificate
{
    /// <summary>The PCK Platform or Processor CA that issued the machine's PCK certificate. Revoked in the root CA's CRL.</summary>
    PckCa,

    /// <summary>The machine's PCK certificate. Revoked in the PCK CA's CRL.</summary>
    Pck,

    /// <summary>The signer of TCB info and QE identity. Revoked in the root CA's CRL.</summary>
    TcbSigner,
}
