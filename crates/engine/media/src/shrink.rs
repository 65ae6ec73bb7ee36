//! Makes pictures small enough for models and networks.
//!
//! Pure and slow: it runs in the store's pool. A picture that is fine is passed on byte by byte.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, RgbImage};

use crate::MediaError;

/// How large a picture may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Pixels of the longer side.
    pub side: u32,
    pub bytes: usize,
}

impl Bounds {
    /// What every vendor takes: 2000 pixels, and 5 MB once it is base64.
    pub const MODEL: Self = Self { side: 2000, bytes: (5 << 20) / 4 * 3 };
}

/// A picture within its bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    pub content: Bytes,
    pub mime: &'static str,
}

const QUALITIES: [u8; 5] = [85, 75, 65, 50, 35];
/// How often the sides are cut by a quarter when no quality is enough.
const CUTS: usize = 8;
/// Pixels of a side that is decoded at all; with the memory bound this stops small files that unpack to gigabytes.
const LARGEST_SIDE: u32 = 20_000;
const LARGEST_MEMORY: u64 = 256 << 20;

/// The picture within its bounds, upright.
///
/// # Errors
/// It cannot be read, or is too large to be opened safely.
pub fn shrink(content: &Bytes, bounds: Bounds) -> Result<Shrunk, MediaError> {
    let (picture, format, orientation) = open(content)?;
    let mime = taken_as_it_is(format);
    let is_small = picture.width().max(picture.height()) <= bounds.side && content.len() <= bounds.bytes;
    if let (Some(mime), true, Orientation::NoTransforms) = (mime, is_small, orientation) {
        return Ok(Shrunk { content: content.clone(), mime });
    }
    let mut picture = picture;
    picture.apply_orientation(orientation);
    let mut picture = fit(picture, bounds.side);
    if picture.color().has_alpha() {
        let png = encode_png(&picture)?;
        if png.len() <= bounds.bytes {
            return Ok(Shrunk { content: png.into(), mime: "image/png" });
        }
    }
    for _ in 0..CUTS {
        let flat = flatten(&picture);
        for quality in QUALITIES {
            let jpeg = encode_jpeg(&flat, quality)?;
            if jpeg.len() <= bounds.bytes {
                return Ok(Shrunk { content: jpeg.into(), mime: "image/jpeg" });
            }
        }
        let side = picture.width().max(picture.height()) / 4 * 3;
        picture = fit(picture, side.max(1));
    }
    Err(MediaError::Picture("it cannot be made small enough".to_owned()))
}

fn open(content: &Bytes) -> Result<(DynamicImage, ImageFormat, Orientation), MediaError> {
    let unreadable = |problem: image::ImageError| MediaError::Picture(problem.to_string());
    let mut reader = ImageReader::new(Cursor::new(content.as_ref()));
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_MEMORY);
    reader.limits(limits);
    let reader = reader.with_guessed_format().map_err(|problem| MediaError::Picture(problem.to_string()))?;
    let format = reader.format().ok_or_else(|| MediaError::Picture("its format is unknown".to_owned()))?;
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    Ok((picture, format, orientation))
}

/// The formats that models read without our help.
fn taken_as_it_is(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Jpeg => Some("image/jpeg"),
        ImageFormat::Png => Some("image/png"),
        ImageFormat::Gif => Some("image/gif"),
        ImageFormat::WebP => Some("image/webp"),
        _ => None,
    }
}

fn fit(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= side {
        return picture;
    }
    picture.resize(side, side, FilterType::CatmullRom)
}

/// JPEG has no transparency: white shines through.
fn flatten(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let source = picture.to_rgba8();
    let mut flat = RgbImage::new(source.width(), source.height());
    for (to, from) in flat.pixels_mut().zip(source.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let over_white = |value: u8| {
            let mixed = (u16::from(value) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        to.0 = [over_white(red), over_white(green), over_white(blue)];
    }
    flat
}

fn encode_jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, MediaError> {
    let mut out = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut out, quality).encode_image(picture);
    encoded.map_err(|problem| MediaError::Picture(problem.to_string()))?;
    Ok(out)
}

fn encode_png(picture: &DynamicImage) -> Result<Vec<u8>, MediaError> {
    let mut out = Cursor::new(Vec::new());
    let encoded = picture.write_to(&mut out, ImageFormat::Png);
    encoded.map_err(|problem| MediaError::Picture(problem.to_string()))?;
    Ok(out.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Bytes {
        let picture = image::RgbaImage::from_fn(width, height, |x, y| image::Rgba(pixel(x, y)));
        encode_png(&picture.into()).unwrap().into()
    }

    /// Noise does not compress.
    fn noise(x: u32, y: u32) -> [u8; 4] {
        let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).wrapping_mul(3_266_489_917);
        let [a, b, c, _] = (mixed ^ (mixed >> 15)).to_be_bytes();
        [a, b, c, 255]
    }

    fn sides(content: &Bytes) -> (u32, u32) {
        let (picture, ..) = open(content).unwrap();
        (picture.width(), picture.height())
    }

    #[test]
    fn a_picture_that_is_fine_is_passed_on_byte_by_byte() {
        let small = png(20, 10, |_, _| [1, 2, 3, 255]);
        assert_eq!(shrink(&small, Bounds::MODEL).unwrap(), Shrunk { content: small, mime: "image/png" });
    }

    #[test]
    fn a_wide_picture_is_made_smaller_and_keeps_its_form_and_transparency() {
        let wide = png(3000, 300, |x, _| [200, 0, 0, if x % 2 == 0 { 255 } else { 0 }]);
        let shrunk = shrink(&wide, Bounds::MODEL).unwrap();
        assert_eq!((sides(&shrunk.content), shrunk.mime), ((2000, 200), "image/png"));
    }

    #[test]
    fn a_heavy_picture_loses_quality_and_then_size_until_it_fits() {
        let heavy = png(400, 400, noise);
        for bytes in [60_000, 4_000] {
            let shrunk = shrink(&heavy, Bounds { side: 2000, bytes }).unwrap();
            assert!(shrunk.content.len() <= bytes && shrunk.mime == "image/jpeg", "{bytes}");
        }
    }

    #[test]
    fn a_torn_picture_is_an_error_and_no_panic() {
        let whole = png(50, 50, noise);
        let torn = whole.slice(..whole.len() / 2);
        assert!(matches!(shrink(&torn, Bounds::MODEL), Err(MediaError::Picture(_))));
        assert!(matches!(shrink(&Bytes::from_static(b"no picture"), Bounds::MODEL), Err(MediaError::Picture(_))));
    }
}
