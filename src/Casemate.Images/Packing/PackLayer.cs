namespace Casemate.Images.Packing;

/// <summary>The layers of a packed image, the lowest first. What changes seldom lies below, so that images share it.</summary>
public enum PackLayer
{
    /// <summary>Loader, C library, other libraries of the distribution, data that they read, and the frame of the file system.</summary>
    Base = 0,
    /// <summary>The SGX runtime: what is opened while the program runs, its configuration, and what these alone need.</summary>
    SgxRuntime,
    /// <summary>The program, the libraries beside it, and what the user includes.</summary>
    Application,
    /// <summary>Enclaves with their signatures.</summary>
    Enclave,
}
