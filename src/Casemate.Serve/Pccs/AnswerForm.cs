namespace Casemate.Serve.Pccs;

/// <summary>The form in which one piece of collateral is answered.</summary>
internal enum AnswerForm
{
    /// <summary>A document of API version 4, or what is the same in both.</summary>
    Version4,

    /// <summary>A document of API version 3: the header of a TCB info has another name.</summary>
    Version3,

    /// <summary>A CRL as hex text under the type that the route has.</summary>
    HexCrl,

    /// <summary>A CRL as DER.</summary>
    DerCrl,

    /// <summary>As AMD's key server answers.</summary>
    Kds,
}
