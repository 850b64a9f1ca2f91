namespace Casemate.Primitives.Cbor;

/// <summary>The major types of CBOR: the three high bits of an initial byte. Source: RFC 8949 section 3.1.</summary>
public static class CborMajorType
{
    /// <summary>An integer from 0 to 2^64 - 1.</summary>
    public const int UnsignedInteger = 0;

    /// <summary>An integer from -2^64 to -1.</summary>
    public const int NegativeInteger = 1;

    /// <summary>A byte string.</summary>
    public const int ByteString = 2;

    /// <summary>A text string, UTF-8.</summary>
    public const int TextString = 3;

    /// <summary>An array of items.</summary>
    public const int Array = 4;

    /// <summary>A map: pairs of items.</summary>
    public const int Map = 5;

    /// <summary>A tag, followed by the item that it describes.</summary>
    public const int Tag = 6;

    /// <summary>A simple value or a floating-point number.</summary>
    public const int Simple = 7;
}
