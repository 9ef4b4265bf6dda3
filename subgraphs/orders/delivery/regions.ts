/** Regions by code and English name, of the countries whose sales tax depends on them (ISO 3166-2). */

const known = (list: string): ReadonlyMap<string, string> =>
  new Map(
    list
      .trim()
      .split(/\s*\n\s*/)
      .flatMap((line) => {
        const code = line.slice(0, 2);
        return [code, ...line.slice(3).split(', ')].map((name) => [name.toUpperCase(), code] as const);
      }),
  );

/** By country: a region's code for its code and for its names, both in upper case. */
export const regionCodes: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  US: known(`
    AL Alabama
    AK Alaska
    AZ Arizona
    AR Arkansas
    CA California
    CO Colorado
    CT Connecticut
    DE Delaware
    DC District of Columbia, Washington DC, Washington D.C.
    FL Florida
    GA Georgia
    HI Hawaii
    ID Idaho
    IL Illinois
    IN Indiana
    IA Iowa
    KS Kansas
    KY Kentucky
    LA Louisiana
    ME Maine
    MD Maryland
    MA Massachusetts
    MI Michigan
    MN Minnesota
    MS Mississippi
    MO Missouri
    MT Montana
    NE Nebraska
    NV Nevada
    NH New Hampshire
    NJ New Jersey
    NM New Mexico
    NY New York
    NC North Carolina
    ND North Dakota
    OH Ohio
    OK Oklahoma
    OR Oregon
    PA Pennsylvania
    RI Rhode Island
    SC South Carolina
    SD South Dakota
    TN Tennessee
    TX Texas
    UT Utah
    VT Vermont
    VA Virginia
    WA Washington
    WV West Virginia
    WI Wisconsin
    WY Wyoming
    AS American Samoa
    GU Guam
    MP Northern Mariana Islands
    PR Puerto Rico
    VI Virgin Islands, U.S. Virgin Islands
    AA Armed Forces Americas
    AE Armed Forces Europe
    AP Armed Forces Pacific`),
  CA: known(`
    AB Alberta
    BC British Columbia
    MB Manitoba
    NB New Brunswick
    NL Newfoundland and Labrador, Newfoundland
    NS Nova Scotia
    NT Northwest Territories
    NU Nunavut
    ON Ontario
    PE Prince Edward Island
    QC Quebec, Québec
    SK Saskatchewan
    YT Yukon`),
};
