namespace Casemate.Quoting.Dcap;

/// <summary>What a frame between the quote helper and its worker process is. Content in brackets.</summary>
internal enum DcapWorkerMessage : byte
{
    /// <summary>Request: load the library [directory, UTF-8; empty: where the loader looks]. Once, and first.</summary>
    Load = 1,

    /// <summary>Request: make and certify the key [1 byte: 1 to make it anew].</summary>
    Initialise = 2,

    /// <summary>Request: make a quote [report, 432 bytes; QE report information, 960 bytes or none].</summary>
    Quote = 3,

    /// <summary>Request: load the library that quotes TDs [directory, as for Load]. Once, and first.</summary>
    LoadTd = 4,

    /// <summary>Request: quote a TD [1 byte, <see cref="TdKeyRequest"/>; TD report, 1024 bytes].</summary>
    QuoteTd = 5,

    /// <summary>Answer to Load and LoadTd [name of the library, UTF-8].</summary>
    Loaded = 0x81,

    /// <summary>Answer to Initialise [target info, 512 bytes; public key id, 32 bytes; quote size, 4 bytes].</summary>
    Initialised = 0x82,

    /// <summary>Answer to Quote and QuoteTd [QE report information, as long as asked; the quote].</summary>
    Quoted = 0x83,

    /// <summary>Answer to any request: the library refused [its code, 4 bytes; name of the function, UTF-8].</summary>
    Refused = 0xE0,

    /// <summary>Answer to any request: it could not come to a call [AESM code, 4 bytes; why, UTF-8].</summary>
    Failed = 0xE1,
}
