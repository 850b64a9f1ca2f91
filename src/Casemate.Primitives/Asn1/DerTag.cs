namespace Casemate.Primitives.Asn1;

/// <summary>Identifier octets of the ASN.1 types that X.509 uses. Source: ITU-T X.680 section 8.6.</summary>
public static class DerTag
{
    /// <summary>BOOLEAN.</summary>
    public const int Boolean = 0x01;

    /// <summary>INTEGER.</summary>
    public const int Integer = 0x02;

    /// <summary>BIT STRING, primitive.</summary>
    public const int BitString = 0x03;

    /// <summary>OCTET STRING, primitive.</summary>
    public const int OctetString = 0x04;

    /// <summary>NULL.</summary>
    public const int Null = 0x05;

    /// <summary>OBJECT IDENTIFIER.</summary>
    public const int ObjectIdentifier = 0x06;

    /// <summary>ENUMERATED.</summary>
    public const int Enumerated = 0x0A;

    /// <summary>UTF8String.</summary>
    public const int Utf8String = 0x0C;

    /// <summary>PrintableString.</summary>
    public const int PrintableString = 0x13;

    /// <summary>IA5String.</summary>
    public const int Ia5String = 0x16;

    /// <summary>UTCTime.</summary>
    public const int UtcTime = 0x17;

    /// <summary>GeneralizedTime.</summary>
    public const int GeneralizedTime = 0x18;

    /// <summary>SEQUENCE and SEQUENCE OF, constructed.</summary>
    public const int Sequence = 0x30;

    /// <summary>SET and SET OF, constructed.</summary>
    public const int Set = 0x31;

    /// <summary>Context-specific, constructed, number <paramref name="number"/> (0 to 30): <c>[number] EXPLICIT</c>.</summary>
    public static int Context(int number) => 0xA0 | number;
}
