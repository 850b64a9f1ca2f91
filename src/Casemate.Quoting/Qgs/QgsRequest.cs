namespace Casemate.Quoting.Qgs;

/// <summary>A request to the Quote Generation Service.</summary>
/// <param name="Type">What is asked.</param>
/// <param name="MinorVersion">The minor version that the client speaks.</param>
/// <param name="First">The TD report; for collateral the FMSPC; else empty.</param>
/// <param name="Second">Ids of quoting enclaves that the client accepts; for collateral the name of the PCK CA; else empty.</param>
public readonly record struct QgsRequest(
    QgsMessageType Type, ushort MinorVersion, ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second);
