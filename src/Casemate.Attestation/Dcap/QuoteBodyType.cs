namespace Casemate.Attestation.Dcap;

/// <summary>What the body of a quote is. Numbers: Intel DCAP <c>sgx_quote_5.h</c>; also used for v3 and v4, which imply it.</summary>
public enum QuoteBodyType
{
    /// <summary>SGX report body, 384 bytes.</summary>
    Sgx = 1,

    /// <summary>TD report 1.0, 584 bytes.</summary>
    Td10 = 2,

    /// <summary>TD report 1.5, 648 bytes.</summary>
    Td15 = 3,

    /// <summary>TD report 1.5 extended, 885 bytes.</summary>
    Td15Extended = 4,
}
